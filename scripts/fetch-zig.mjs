// @ts-check
/**
 * Puts the pinned zig into build/zig: a C and C++ compiler for all platforms and old C libraries. It comes from
 * PyPI's package ziglang.
 *
 * Usage: node scripts/fetch-zig.mjs
 *
 * Environment: VANER_ZIG, the path of another zig.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import "./report-failure.mjs";

const PACKAGE = "ziglang==0.15.2";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The package again, with a hash for each platform. */
const requirements = join(root, "scripts", "zig-requirements.txt");
const folder = join(root, "build", "zig");

/** @returns {string} the path of zig */
export function fetchZig() {
  const given = process.env["VANER_ZIG"];
  if (given) return given;
  const zig = join(folder, PACKAGE, "ziglang", process.platform === "win32" ? "zig.exe" : "zig");
  if (existsSync(zig)) return zig;
  console.error(`fetching zig (${PACKAGE})`);
  try {
    const args = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"];
    args.push("--target", join(folder, PACKAGE), "--requirement", requirements);
    execFileSync("python3", args, { stdio: ["ignore", "inherit", "inherit"] });
  } catch (error) {
    const missing = /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT";
    const remedy = missing
      ? "install Python 3 with pip"
      : "its message stands above; check pip and the network";
    throw new Error(`zig could not be fetched with pip: ${remedy}, or name a zig in VANER_ZIG`);
  }
  return zig;
}

/**
 * Compilers and archivers for a target, as programs of their own: CMake and ccache do not take commands of two words.
 * @param {string} name of the platform
 * @param {string} target in zig's spelling
 */
export function zigTools(name, target) {
  const zig = fetchZig();
  const tools = join(folder, name);
  mkdirSync(tools, { recursive: true });
  const path = (/** @type {string} */ tool, /** @type {string} */ command) => {
    const file = join(tools, tool);
    const text = `#!/bin/sh\nexec "${zig}" ${command} "$@"\n`;
    // ccache takes a compiler for another one when its file is newer.
    if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text, { mode: 0o755 });
    return file;
  };
  return {
    cc: path("clang", `cc -target ${target}`), // ccache tells compilers by their names
    cxx: path("clang++", `c++ -target ${target}`),
    ar: path("ar", "ar"),
    ranlib: path("ranlib", "ranlib"),
    rc: path("rc", "rc"), // CMake asks for one where the target is Windows
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) console.log(fetchZig());
