import { type BackendPackage, backendVersion, type NativeBackend } from "../binding/backends.js";
import type { NativeCpu } from "../binding/native-addon.js";
import { packageName, packageVersion } from "../package-root.js";
import type { InstalledFile, Problem } from "./diagnosis.js";

/** Oldest major version of Node.js that is supported, as in package.json. */
const oldestNode = 20;

/** @param environment variables of this package */
export function systemWarnings(environment: Readonly<Record<string, string>>): Problem[] {
  const found: Problem[] = [];
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    found.push(
      warning(`Node.js ${process.versions.node} is not supported: update it to ${oldestNode} or later.`),
    );
  }
  if (environment["VANER_CPU"]) {
    found.push(
      warning(
        `VANER_CPU=${environment["VANER_CPU"]} turns off instruction sets, for tests: unset it for full speed.`,
      ),
    );
  }
  return found;
}

/** About an addon that loaded. */
export function addonWarnings({ path, package: from }: InstalledFile): Problem[] {
  const own = packageVersion();
  if (!from?.name.startsWith(`@${packageName}/`) || own === undefined || from.version === own) return [];
  return [
    warning(
      `The addon ${path} is of version ${from.version}, but ${packageName} is ${own}: install both anew, with npm install ${packageName}@${own}.`,
    ),
  ];
}

/**
 * @param environment  variables of this package; VANER_CPU is a cause of its own
 * @param architecture as Node.js names it
 */
export function cpuWarnings(
  cpu: NativeCpu,
  environment: Readonly<Record<string, string>>,
  architecture: string = process.arch,
): Problem[] {
  if (architecture !== "x64" || cpu.rowProducts !== null || environment["VANER_CPU"]) return [];
  const cause = cpu.features.includes("AVX2")
    ? "This build of the addon holds no kernels for this CPU: build it with a newer compiler"
    : "This CPU has no AVX2, or its system hides it: use another machine, or a virtual machine that passes the host's CPU on";
  return [warning(`Recognition is several times slower than it could be. ${cause}.`)];
}

/** About GPUs that could be used and are not. */
export function backendWarnings(
  packages: readonly BackendPackage[],
  backends: readonly NativeBackend[],
): Problem[] {
  const misfits = packages
    .filter(({ version }) => version !== backendVersion)
    .map(({ name, version }) =>
      warning(
        `The GPU backend of ${name} ${version} is not used, since it is built from another ggml: npm install ${name}@${backendVersion}.`,
      ),
    );
  const useless = backends
    .filter(({ problem }) => problem !== null)
    .map(({ name, library, problem }) => warning(`The backend ${library ?? name} is of no use: ${problem}.`));
  return [...misfits, ...useless];
}

/** About a GPU that failed, from the log lines of loading with `gpu: "auto"` (native/engine/engine_client.cpp). */
export function fallbackWarnings(log: readonly string[]): Problem[] {
  return log
    .filter((line) => line.startsWith("the CPU is used instead of "))
    .map((line) => warning(`T${line.slice(1)}.`));
}

function warning(message: string): Problem {
  return { severity: "warning", code: null, message };
}
