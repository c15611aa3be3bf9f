import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A tiny model of `test/fixtures`, by its name without `.gguf`. */
export function fixture(name: string): string {
  return join(root, "test", "fixtures", "models", `${name}.gguf`);
}

/** A tiny adapter of `test/fixtures`, by its name without `.gguf`. */
export function adapterFixture(name: string): string {
  return join(root, "test", "fixtures", "adapters", `${name}.gguf`);
}

/** A file of the built package. */
export function built(...path: string[]): string {
  const file = join(root, "dist", ...path);
  if (!existsSync(file))
    throw new Error(`${file} is missing: run \`npm run build:lib\` before the end-to-end tests`);
  return file;
}
