// @ts-check
/**
 * The platforms that have a package with a prebuilt engine. A name is that of `@vaner-native/<name>`, which the loader
 * derives from `process.platform`, `process.arch` and the C library.
 *
 * `zig` is the target that zig compiles for. Linux needs glibc 2.28 (RHEL 8, Debian 10), as Node.js itself does.
 */

/**
 * @typedef {object} Platform
 * @property {string} os as in package.json
 * @property {string} cpu as in package.json
 * @property {string} [libc] as in package.json
 * @property {string} zig
 * @property {"Linux" | "Darwin" | "Windows"} system CMAKE_SYSTEM_NAME
 * @property {string} processor CMAKE_SYSTEM_PROCESSOR
 */

/** @type {Record<string, Platform>} */
export const platforms = {
  "linux-x64": {
    os: "linux",
    cpu: "x64",
    libc: "glibc",
    zig: "x86_64-linux-gnu.2.28",
    system: "Linux",
    processor: "x86_64",
  },
  "linux-x64-musl": {
    os: "linux",
    cpu: "x64",
    libc: "musl",
    zig: "x86_64-linux-musl",
    system: "Linux",
    processor: "x86_64",
  },
  "linux-arm64": {
    os: "linux",
    cpu: "arm64",
    libc: "glibc",
    zig: "aarch64-linux-gnu.2.28",
    system: "Linux",
    processor: "aarch64",
  },
  "linux-arm64-musl": {
    os: "linux",
    cpu: "arm64",
    libc: "musl",
    zig: "aarch64-linux-musl",
    system: "Linux",
    processor: "aarch64",
  },
  "darwin-arm64": {
    os: "darwin",
    cpu: "arm64",
    zig: "aarch64-macos.13.0",
    system: "Darwin",
    processor: "arm64",
  },
  "darwin-x64": { os: "darwin", cpu: "x64", zig: "x86_64-macos.13.0", system: "Darwin", processor: "x86_64" },
  "win32-x64": {
    os: "win32",
    cpu: "x64",
    zig: "x86_64-windows-gnu",
    system: "Windows",
    processor: "x86_64",
  },
  "win32-arm64": {
    os: "win32",
    cpu: "arm64",
    zig: "aarch64-windows-gnu",
    system: "Windows",
    processor: "aarch64",
  },
};
