// @ts-check
/**
 * Tests the kernels for arm64 on any machine: cross-compiled, and run in qemu as CPUs with i8mm, with dotprod and with
 * neither.
 *
 * Usage: npm run test:arm
 *
 * Needs Debian's packages g++-aarch64-linux-gnu and qemu-user; without them nothing is tested.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const buildFolder = join(root, "build", "cmake", "Arm");

for (const program of ["aarch64-linux-gnu-g++", "qemu-aarch64", "cmake"]) {
  if (spawnSync(program, ["--version"], { stdio: "ignore" }).error) {
    console.error(`skipped: ${program} is not installed (apt install cmake g++-aarch64-linux-gnu qemu-user)`);
    process.exit(0);
  }
}

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(command, args, env) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}

run("cmake", [
  `-B${buildFolder}`,
  "-DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-linux-gnu.cmake",
  "-DVANER_KERNELS_ONLY=ON",
  "-DVANER_PORTABLE=ON",
  "-DVANER_WERROR=ON",
]);
run("cmake", ["--build", buildFolder, "--parallel", process.env["CMAKE_BUILD_PARALLEL_LEVEL"] ?? "1"]);
// Levels of VANER_CPU give what lesser CPUs give, which the others run anyway.
for (const cpu of ["max", "neoverse-n1", "cortex-a72"]) {
  console.error(`\n${cpu}`);
  run("ctest", ["--test-dir", buildFolder, "--output-on-failure", "-E", "native/.*/"], { QEMU_CPU: cpu });
}
