// @ts-check
/**
 * Builds the addon from source: build/Release/vaner_native.node.
 *
 * Usage: node scripts/build-native.mjs [--debug] [--tests] [-DNAME=VALUE …]
 *   --debug   an unoptimised build with assertions, in build/Debug
 *   --tests   also build the C++ tests (run them with `npm run test:native`)
 *   -D…       passed to CMake; see the options at the top of CMakeLists.txt, for example
 *             -DVANER_CUDA=ON, -DVANER_VULKAN=ON, -DVANER_PORTABLE=ON
 *
 * Environment: CMAKE_BUILD_PARALLEL_LEVEL (default: the number of cores).
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fetchLlama } from "./fetch-llama.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

const { values } = parseArgs({
  options: {
    debug: { type: "boolean", default: false },
    tests: { type: "boolean", default: false },
    define: { type: "string", short: "D", multiple: true, default: [] },
  },
});
const configuration = values.debug ? "Debug" : "Release";
const tree = join(root, "build", "cmake", configuration);

/** @param {string} file @param {string[]} args */
function has(file, args) {
  return spawnSync(file, args, { stdio: "ignore" }).status === 0;
}

/** @param {string[]} args */
function cmake(args) {
  const { status, error } = spawnSync("cmake", args, { cwd: root, stdio: "inherit" });
  if (error) {
    throw new Error(
      `CMake could not be started (${error.message}): install CMake 3.21 or later and a C++17 compiler`,
    );
  }
  if (status !== 0) process.exit(status ?? 1);
}

const headers = {
  VANER_NODE_API_INCLUDE_DIR: require("node-api-headers").include_dir,
  VANER_NODE_ADDON_API_INCLUDE_DIR: require("node-addon-api").include_dir,
};
const definitions = [
  `CMAKE_BUILD_TYPE=${configuration}`,
  `LLAMA_CPP_DIR=${fetchLlama()}`,
  `VANER_OUTPUT_DIR=${join(root, "build", configuration)}`,
  `VANER_TESTS=${values.tests ? "ON" : "OFF"}`,
  ...Object.entries(headers).map(([name, value]) => `${name}=${value}`),
  ...values.define,
];
const generator = has("ninja", ["--version"]) ? ["-G", "Ninja"] : [];
const jobs = process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(availableParallelism());

cmake(["-S", root, "-B", tree, ...generator, ...definitions.map((definition) => `-D${definition}`)]);
cmake(["--build", tree, "--config", configuration, "--parallel", jobs]);
