import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { types } from "node:util";
import { VanerError } from "../errors.js";
import { ownFile, packageName, packageRoot, unpacked } from "../package-root.js";
import { backendPackages, fittingLibraries } from "./backends.js";
import type { NativeAddon } from "./native-addon.js";

/** Environment variable with the path of another addon to load, for developers and packagers. */
const override = "VANER_NATIVE_ADDON";

const require = createRequire(ownFile);

/** Platforms that have a package with a prebuilt addon. */
export const platforms: readonly string[] = [
  "linux-x64",
  "linux-x64-musl",
  "linux-arm64",
  "linux-arm64-musl",
  "darwin-arm64",
  "darwin-x64",
  "win32-x64",
  "win32-arm64",
];

/** A loaded addon. */
interface LoadedAddon {
  readonly addon: NativeAddon;
  readonly path: string;
}

let loaded: LoadedAddon | undefined;

/**
 * The native addon. Loaded by the first call, so that importing this package never fails.
 * @throws {VanerError} `ERR_VANER_NATIVE_LOAD`; the message lists the places that were tried, and the remedies.
 *   `ERR_VANER_OUT_OF_MEMORY`
 */
export function loadAddon(): NativeAddon {
  return load().addon;
}

/** The file of the native addon. @throws as {@link loadAddon} */
export function addonPath(): string {
  return load().path;
}

function load(): LoadedAddon {
  if (loaded) return loaded;
  let path = "";
  const addon = requireFirst(candidates(process.env[override], packageRoot(), platformName()), (place) => {
    path = unpacked(require.resolve(place));
    return require(path);
  });
  addon.useBackends(fittingLibraries(backendPackages(platformName())));
  // process.exit() waits for native work that has begun, whose result nobody will read.
  process.once("exit", () => addon.endJobs());
  loaded = { addon, path };
  return loaded;
}

/** Name of the platform package: `<platform>-<arch>`, with `-musl` on Linux without glibc. */
export function platformName(): string {
  return `${process.platform}-${process.arch}${libcName() === "musl" ? "-musl" : ""}`;
}

/** The C library of a Linux system, such as `glibc 2.36` or `musl`; null on other systems. */
export function libcName(): string | null {
  if (process.platform !== "linux") return null;
  // Otherwise the report lists all network interfaces, which can take seconds. Since Node.js 20.13.
  const options = process.report as typeof process.report & { excludeNetwork?: boolean };
  const before = options.excludeNetwork;
  options.excludeNetwork = true;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  if (before !== undefined) options.excludeNetwork = before;
  const glibc = report.header?.glibcVersionRuntime;
  return glibc === undefined ? "musl" : `glibc ${glibc}`;
}

/** Places of the addon, best first. An override is the only place, so that no other addon can mask it. */
export function candidates(
  overridden: string | undefined,
  root: string | undefined,
  platform: string,
): string[] {
  if (overridden) return [resolve(overridden)];
  const built = root === undefined ? [] : [join(root, "build", "Release", "vaner_native.node")];
  return [...built, `@${packageName}/${platform}`];
}

/** The first candidate that loads. */
export function requireFirst(places: readonly string[], load: (place: string) => unknown): NativeAddon {
  const failures: { place: string; error: unknown }[] = [];
  for (const place of places) {
    try {
      return load(place) as NativeAddon;
    } catch (error) {
      failures.push({ place, error });
    }
  }
  if (failures.some(({ error }) => lacksMemory.test(firstLine(error)))) {
    const problem =
      "There is not enough memory to load the native addon: free some, or raise the process's limit.";
    throw new VanerError("ERR_VANER_OUT_OF_MEMORY", problem, { cause: failures.at(-1)?.error });
  }
  const message = [
    `The native addon for ${platformName()} (Node.js ${process.version}) could not be loaded.`,
    "Tried:",
    ...failures.map(({ place, error }) => `  - ${place}: ${firstLine(error)}`),
    "What you can do:",
    ...remedies(failures.map(({ error }) => error)).map((remedy) => `  - ${remedy}`),
  ].join("\n");
  const cause = new AggregateError(failures.map(({ error }) => error));
  throw new VanerError("ERR_VANER_NATIVE_LOAD", message, { cause });
}

/** What the dynamic linkers of Linux say. */
const lacksMemory = /cannot allocate memory|failed to map segment|cannot map zero-fill|: out of memory/i;

function firstLine(error: unknown): string {
  return (types.isNativeError(error) ? error.message : String(error)).split("\n", 1)[0] as string;
}

function remedies(errors: readonly unknown[]): string[] {
  if (process.env[override]) {
    return [`correct or unset the environment variable ${override}, which replaces the package's own addon`];
  }
  const platform = platformName();
  const list = [
    ...(platforms.includes(platform)
      ? [`install the binary for this system: npm install --include=optional @${packageName}/${platform}`]
      : [`there is no prebuilt binary for ${platform}, only for ${platforms.join(", ")}`]),
    "if node_modules was made on another system (a container, an emulated CPU): delete it and install here",
    `build it from a checkout with CMake and a C++ compiler: npm ci && npm run build:native`,
    "in a bundled or packed application (Electron's asar, esbuild, webpack): keep this package external and unpacked",
  ];
  const text = errors.map(String).join("\n");
  if (/GLIBC(XX)?_\d/.test(text))
    list.unshift(
      "this system's C or C++ library is older than the binary needs: update it or build from source",
    );
  if (/wrong ELF class|incompatible architecture|not a valid Win32/i.test(text))
    list.unshift(`the binary is for another CPU: Node.js runs here as ${process.arch}`);
  return list;
}
