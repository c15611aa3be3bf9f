import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf, VanerError } from "../errors.js";

/** The checksums of a package's files, as `sha256sum` prints them. */
const sumsFile = "SHA256SUMS";

/**
 * Compares a file with the checksum beside it.
 * @returns whether there is a checksum
 * @throws {VanerError} `ERR_VANER_MODEL_CORRUPT` if the file differs from it
 */
export async function checkSum(path: string): Promise<boolean> {
  const expected = await expectedSum(path);
  if (expected === undefined) return false;
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  const found = hash.digest("hex");
  if (found === expected) return true;
  throw new VanerError(
    "ERR_VANER_MODEL_CORRUPT",
    `The file ${path} has the SHA-256 ${found}, but its package says ${expected}: it is damaged or was changed. ` +
      "Reinstall its package.",
  );
}

async function expectedSum(path: string): Promise<string | undefined> {
  try {
    const sums = await readFile(join(dirname(path), sumsFile), "utf8");
    const line = sums.split("\n").find((text) => text.slice(66) === basename(path));
    return line?.slice(0, 64);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
