import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Path of a model of `test/fixtures`, by its name without `.gguf`. */
export function fixture(name: string): string {
  return join(root, "test", "fixtures", "models", `${name}.gguf`);
}

/** Path of an adapter of `test/fixtures`, by its name without `.gguf`. */
export function adapterFixture(name: string): string {
  return join(root, "test", "fixtures", "adapters", `${name}.gguf`);
}

/** Path of a file in `dist`. */
export function built(...path: string[]): string {
  const file = join(root, "dist", ...path);
  if (!existsSync(file))
    throw new Error(`${file} is missing: run \`npm run build:lib\` before the end-to-end tests`);
  return file;
}
