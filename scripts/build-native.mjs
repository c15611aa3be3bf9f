// @ts-check
/**
 * Builds the addon from source with cmake-js: build/Release/vaner_native.node.
 *
 * Usage: npm run build:native -- [--debug | --sanitize | --tsan | --coverage | --fuzz | --target <platform>]
 *                                [--tests] [--CDNAME=VALUE …]
 *   --debug      an unoptimised build with assertions, in build/Debug
 *   --sanitize   a build with the address and undefined-behaviour sanitizers, in build/Sanitize, and its tests
 *   --tsan       a build with the thread sanitizer, in build/Tsan, and its tests
 *   --coverage   a build that counts executed lines, in build/Coverage, and its tests
 *   --fuzz       the fuzz targets, with clang, in build/cmake/Fuzz; `npm run fuzz` builds and runs them
 *   --target     the portable build that the package of a platform holds, in build/<platform>, cross-compiled by zig
 *                where this machine's own compiler cannot make it: linux-x64, darwin-arm64 and so on (platforms.mjs)
 *   --tests      also build the C++ tests, now and from now on; --CDVANER_TESTS=OFF ends that. Run them with
 *                `npm run test:native`
 *   --CD…        an option for CMake, as cmake-js spells it: --CDVANER_CUDA=ON, --CDVANER_VULKAN=ON,
 *                --CDVANER_PORTABLE=ON; the options stand at the top of CMakeLists.txt
 *
 * Environment: CMAKE_BUILD_PARALLEL_LEVEL (default: the number of cores),
 *   CC, CXX, CFLAGS, CXXFLAGS, CMAKE_C_COMPILER_LAUNCHER and CMAKE_CXX_COMPILER_LAUNCHER (for example ccache).
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BuildOutput } from "./build-output.mjs";
import { fetchLlama } from "./fetch-llama.mjs";
import { zigTools } from "./fetch-zig.mjs";
import { platforms } from "./platforms.mjs";
import { messageOf } from "./report-failure.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const logFile = join(root, "build", "native.log");
const require = createRequire(import.meta.url);
const cmakeJs = require.resolve("cmake-js/bin/cmake-js");

const cmakeOptions = process.argv.slice(2).filter((argument) => argument.startsWith("--CD"));
for (const option of cmakeOptions) {
  // cmake-js drops an option without a value.
  if (!/^--CD\w[^=]*=/.test(option))
    fail(`${option} is not of the form --CDNAME=VALUE, as in --CDVANER_CUDA=ON.`);
}
const { values } = orFail(() =>
  parseArgs({
    args: process.argv.slice(2).filter((argument) => !argument.startsWith("--CD")),
    options: {
      debug: { type: "boolean", default: false },
      sanitize: { type: "boolean", default: false },
      tsan: { type: "boolean", default: false },
      coverage: { type: "boolean", default: false },
      fuzz: { type: "boolean", default: false },
      target: { type: "string" },
      tests: { type: "boolean", default: false },
    },
  }),
);
const variants = {
  Release: { configuration: "Release", options: [], tests: false },
  Debug: { configuration: "Debug", options: [], tests: false },
  Sanitize: {
    configuration: "RelWithDebInfo",
    options: ["--CDVANER_SANITIZE=address,undefined"],
    tests: true,
  },
  Tsan: { configuration: "RelWithDebInfo", options: ["--CDVANER_SANITIZE=thread"], tests: true },
  Coverage: { configuration: "Release", options: ["--CDVANER_COVERAGE=ON"], tests: true },
  Fuzz: {
    configuration: "Release",
    options: [
      "--CDVANER_FUZZ=ON",
      `--cc=${process.env["CC"] ?? "clang"}`,
      `--cxx=${process.env["CXX"] ?? "clang++"}`,
    ],
    tests: false,
  },
};
const builds = /** @type {const} */ (["Debug", "Sanitize", "Tsan", "Coverage", "Fuzz"]);
const chosen = builds.filter((build) => values[/** @type {Lowercase<typeof build>} */ (build.toLowerCase())]);
if (chosen.length + (values.target ? 1 : 0) > 1) {
  fail(
    "--debug, --sanitize, --tsan, --coverage, --fuzz and --target are builds of their own: give one of them.",
  );
}
const name = chosen[0] ?? "Release";
const { target } = values;
const variant = target ? orFail(() => portable(target)) : variants[name];
const buildFolder = join(root, "build", "cmake", target ?? name);
const outputFolder = join(root, "build", target ?? name);

/** @param {string} target @returns {{ configuration: string, options: string[], tests: boolean }} */
function portable(target) {
  const platform = platforms[target];
  if (!platform)
    throw new Error(`--target must be one of ${Object.keys(platforms).join(", ")}, not ${target}.`);
  const options = ["--CDVANER_PORTABLE=ON"];
  if (process.platform === platform.os && platform.os !== "linux") {
    options.push(`--arch=${platform.cpu}`);
    // Xcode's default is the macOS that it runs on.
    const macos = /-macos\.(.*)/.exec(platform.zig)?.[1];
    if (macos) options.push(`--CDCMAKE_OSX_DEPLOYMENT_TARGET=${macos}`);
  } else {
    // On Linux too: zig links with an older C library than this machine's.
    const tools = zigTools(target, platform.zig);
    options.push(`--cc=${tools.cc}`, `--cxx=${tools.cxx}`, `--CDCMAKE_AR=${tools.ar}`);
    options.push(`--CDCMAKE_RANLIB=${tools.ranlib}`, `--CDCMAKE_RC_COMPILER=${tools.rc}`);
    options.push(`--CDCMAKE_SYSTEM_NAME=${platform.system}`);
    options.push(`--CDCMAKE_SYSTEM_PROCESSOR=${platform.processor}`);
    // CMake demands it for macOS. Only an installation by CMake would run it.
    if (platform.os === "darwin") options.push("--CDCMAKE_INSTALL_NAME_TOOL=true");
    if (platform.libc === "glibc") options.push("--CDVANER_GCC_UNWINDER=ON");
    options.push(`--CDVANER_NODE_API_DEF=${require.resolve("node-api-headers/def/node_api.def")}`);
  }
  return { configuration: "Release", options, tests: false };
}

function requireCmake() {
  const { error } = spawnSync("cmake", ["--version"], { stdio: "ignore" });
  if (!error) return;
  fail(
    "CMake 3.21 or later is needed. Debian and Ubuntu: apt install cmake. macOS: brew install cmake. Windows: winget install Kitware.CMake.",
  );
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Runs a step whose error message needs no stack. @template T @param {() => T} step @returns {T} */
function orFail(step) {
  try {
    return step();
  } catch (error) {
    return fail(messageOf(error));
  }
}

/** Signals that end the build. The progress bar takes them too, so they have to be passed on. */
const signals = /** @type {const} */ (["SIGINT", "SIGTERM"]);

/** @param {BuildOutput} output @param {string[]} args @returns {Promise<boolean>} whether it succeeded */
async function runCmakeJs(output, args) {
  const child = spawn(process.execPath, [cmakeJs, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => output.add(line));
  }
  const stop = (/** @type {NodeJS.Signals} */ name) => child.kill(name);
  for (const name of signals) process.once(name, stop);
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status) => resolve(status === 0));
    });
  } finally {
    for (const name of signals) process.off(name, stop);
  }
}

requireCmake();
const started = performance.now();
const shared = [`--directory=${root}`, `--out=${buildFolder}`, `--config=${variant.configuration}`];
const configure = [
  `--CDLLAMA_CPP_DIR=${orFail(fetchLlama)}`,
  `--CDVANER_OUTPUT_DIR=${outputFolder}`,
  ...(values.tests || variant.tests ? ["--CDVANER_TESTS=ON"] : []), // CMake's cache keeps it
  ...variant.options,
  // ggml refuses MSVC's compiler for arm64.
  ...(process.platform === "win32" && (platforms[target ?? ""]?.cpu ?? process.arch) === "arm64"
    ? ["--toolset=ClangCL"]
    : []),
  ...cmakeOptions,
];
// cmake-js sets CMAKE_CXX_FLAGS itself, which hides CXXFLAGS from CMake; the last definition counts.
const flags = process.env["CXXFLAGS"] ? ["--", `-DCMAKE_CXX_FLAGS=${process.env["CXXFLAGS"]}`] : [];
const jobs = process.env["CMAKE_BUILD_PARALLEL_LEVEL"] ?? String(availableParallelism());

mkdirSync(dirname(logFile), { recursive: true });
console.error("compiling llama.cpp and the addon: minutes the first time, seconds later");
const output = new BuildOutput(root, buildFolder, logFile);
const succeeded =
  (await runCmakeJs(output, ["configure", ...shared, ...configure, ...flags])) &&
  (await runCmakeJs(output, ["build", ...shared, `--parallel=${jobs}`]));
output.close();
if (!succeeded) {
  const log = relative(process.cwd(), logFile);
  fail([output.failure(), `The native build failed; the full log is ${log}`].filter(Boolean).join("\n"));
}

const seconds = ((performance.now() - started) / 1000).toFixed(0);
const built = relative(process.cwd(), values.fuzz ? buildFolder : join(outputFolder, "vaner_native.node"));
const next = values.tests ? "npm run test:native" : "npm run build:lib";
console.error(`built ${built} in ${seconds} s${variant === variants.Release ? `; next: ${next}` : ""}`);
