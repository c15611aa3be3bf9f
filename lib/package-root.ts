import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Name of this package, by which its root folder is recognized. */
export const packageName = "vaner-native";

/**
 * Root folder of this package, or undefined if a bundler moved the code out of it. Searched upwards, since this file
 * is at another depth in `lib` than in `dist`.
 */
export function packageRoot(from: string = dirname(fileURLToPath(import.meta.url))): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && nameIn(manifest) === packageName) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function nameIn(manifest: string): unknown {
  try {
    return JSON.parse(readFileSync(manifest, "utf8")).name;
  } catch {
    return undefined;
  }
}
