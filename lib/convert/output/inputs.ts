import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { refuseInput } from "../../output-file.js";

/**
 * Refuses an output that is one of the files to convert. An earlier GGUF file in their folders may be replaced.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export async function refuseConvertedFile(
  output: string,
  folders: readonly string[],
  heads: string | false | undefined,
): Promise<void> {
  const files = await Promise.all(folders.map(filesOf));
  await refuseInput(output, heads ? [heads, ...files.flat()] : files.flat());
}

async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []); // opening its files will tell
  return names.filter((name) => !/\.gguf$/i.test(name)).map((name) => join(folder, name));
}
