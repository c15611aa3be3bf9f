import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Name of this package, by which its root folder is recognized. */
export const packageName = "vaner-native";

/** Path of the file that this code runs from. CommonJS has no `import.meta`, also where a bundler made it of ESM. */
export const ownFile = typeof __filename === "string" ? __filename : fileURLToPath(import.meta.url);

/**
 * Root folder of this package, or undefined if a bundler moved the code out of it. Searched upwards, since this file
 * is at another depth in `lib` than in `dist`.
 */
export function packageRoot(from: string = dirname(ownFile)): string | undefined {
  return findPackage(from, (name) => name === packageName)?.folder;
}

/** An installed package. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/** The package that a file or folder belongs to, or undefined for none. */
export function packageOf(path: string): InstalledPackage | undefined {
  return findPackage(path, () => true);
}

/** The version of this package, or undefined if a bundler moved the code out of it. */
export function packageVersion(): string | undefined {
  const root = packageRoot();
  return root === undefined ? undefined : packageOf(root)?.version;
}

function findPackage(from: string, isWanted: (name: string) => boolean): InstalledPackage | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    const { name, version } = existsSync(manifest) ? read(manifest) : {};
    if (typeof name === "string" && isWanted(name)) return { name, version: String(version), folder };
    if (folder === dirname(folder)) return undefined;
  }
}

function read(manifest: string): { readonly name?: unknown; readonly version?: unknown } {
  try {
    return Object(JSON.parse(readFileSync(manifest, "utf8")));
  } catch {
    return {};
  }
}

/** A path into Electron's archive, `app.asar`: the archive, and what follows it. */
const intoArchive = /^(.+?\.asar)(?=[\\/])(.+)$/s;

/**
 * The path by which native code can open a file. Electron packs an application into an archive, `app.asar`, which only
 * JavaScript can read; files that native code needs are unpacked beside it.
 */
export function unpacked(path: string): string {
  const outside = path.replace(intoArchive, "$1.unpacked$2");
  return existsSync(outside) ? outside : path;
}

/** Electron's archive that a path leads into, or undefined for an ordinary path. A folder may have such a name, too. */
export function archiveOf(path: string): string | undefined {
  const [, archive] = intoArchive.exec(path) ?? [];
  return archive !== undefined && isFile(archive) ? archive : undefined;
}

/** Whether this is a file on disk. Electron shows its archives as folders, unless `process.noAsar` is set. */
function isFile(path: string): boolean {
  const electron: NodeJS.Process & { noAsar?: boolean | undefined } = process;
  const { noAsar } = electron;
  electron.noAsar = true;
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  } finally {
    electron.noAsar = noAsar;
  }
}
