import { createRequire } from "node:module";
import { join } from "node:path";
import { ownFile, packageOf, unpacked } from "../package-root.js";

/**
 * Version of node-llama-cpp whose prebuilt backends fit: it is built from the same llama.cpp as this package
 * (scripts/fetch-llama.mjs). Backends of another version would read ggml's structures wrongly.
 */
export const backendVersion = "3.22.1";

/** Packages of node-llama-cpp with a prebuilt GPU backend, best first, by the platform name of this package. */
const prebuilt: ReadonlyMap<string, readonly string[]> = new Map([
  ["linux-x64", ["linux-x64-cuda", "linux-x64-vulkan"]],
  ["win32-x64", ["win-x64-cuda", "win-x64-vulkan"]],
]);

/** A ggml backend, or a library that could not be loaded as one. */
export interface NativeBackend {
  /** ggml's name, for example `CPU`, `CUDA`, `Vulkan`, `MTL` (Metal); null: it could not be loaded. */
  readonly name: string | null;
  /** The library of `useBackends` that it came from; null: it belongs to the addon. */
  readonly library: string | null;
  readonly deviceCount: number;
  /** Why it is of no use; null: it has devices. */
  readonly problem: string | null;
}

const require = createRequire(ownFile);

/** An installed package with a prebuilt GPU backend. */
export interface BackendPackage {
  readonly name: string;
  readonly version: string;
  /** Path of the backend's library. */
  readonly library: string;
}

/** The packages with a GPU backend for a platform that are installed, of whatever version. */
export function backendPackages(
  platform: string,
  resolve: (name: string) => string = require.resolve,
): BackendPackage[] {
  return (prebuilt.get(platform) ?? []).flatMap((folder) => {
    const name = `@node-llama-cpp/${folder}`;
    const found = packageOf(resolved(name, resolve));
    if (found?.name !== name) return [];
    const backend = folder.slice(folder.lastIndexOf("-") + 1);
    const file = platform.startsWith("win32") ? `ggml-${backend}.dll` : `libggml-${backend}.so`;
    return [{ name, version: found.version, library: unpacked(join(found.folder, "bins", folder, file)) }];
  });
}

/** Of the packages, the libraries that fit this version. */
export function fittingLibraries(packages: readonly BackendPackage[]): string[] {
  return packages.filter(({ version }) => version === backendVersion).map(({ library }) => library);
}

/** Where a package's code is, or the empty string if it is not installed. */
function resolved(name: string, resolve: (name: string) => string): string {
  try {
    return resolve(name);
  } catch {
    return "";
  }
}
