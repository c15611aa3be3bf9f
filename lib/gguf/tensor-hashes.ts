import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { messageOf, VanerError } from "../errors.js";
import { outputError } from "../output-file.js";
import { ByteWriter } from "./byte-writer.js";
import { encodeEntry } from "./header.js";
import { strings } from "./metadata.js";

/** The key of the SHA-256 of each tensor, in the order of the file. */
export const hashesKey = "integrity.tensor_sha256";

/** A tensor's bytes in a file, and the hash that the file stores for them. */
export interface HashedTensor {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly sha256: string | null;
}

/** What a comparison of tensors with their stored hashes found. */
export interface TensorVerification {
  /** Whether the file stores hashes: those of older versions, and of other programs, do not. */
  readonly stored: boolean;
  /** Names of the tensors whose bytes differ from their hash. */
  readonly damaged: readonly string[];
}

/**
 * Compares the bytes of all tensors with the hashes that the file stores.
 * @throws {VanerError} `ERR_VANER_MODEL_CORRUPT` if the file cannot be read; the signal's reason
 */
export async function verifyTensors(
  path: string,
  tensors: readonly HashedTensor[],
  signal: AbortSignal | undefined,
): Promise<TensorVerification> {
  const stored = tensors.length > 0 && tensors.every(({ sha256 }) => sha256 !== null);
  if (!stored) return { stored, damaged: [] };
  const damaged: string[] = [];
  for (const tensor of tensors) {
    if ((await hashOf(path, tensor, signal)) !== tensor.sha256) damaged.push(tensor.name);
  }
  return { stored, damaged };
}

/**
 * Replaces the hashes that a copy took over from its original by those of its own tensors. Does nothing if it has none.
 * @throws {VanerError} `ERR_VANER_MODEL_CORRUPT` if the file cannot be read, `ERR_VANER_OUTPUT` if it cannot be written;
 *   the signal's reason
 */
export async function replaceHashes(
  path: string,
  tensors: readonly HashedTensor[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const old = tensors.flatMap(({ sha256 }) => sha256 ?? []);
  if (old.length !== tensors.length || tensors.length === 0) return;
  const hashes: string[] = [];
  for (const tensor of tensors) hashes.push(await hashOf(path, tensor, signal));
  const headerBytes = Math.min(...tensors.map(({ offset }) => offset));
  const header: Uint8Array[] = [];
  await readRange(path, 0, headerBytes, signal, (piece) => header.push(piece));
  const at = Buffer.concat(header).indexOf(encoded(old));
  if (at < 0) throw corrupt(path, "its hashes are not in its header");
  const file = await open(path, "r+");
  try {
    await file.write(encoded(hashes), 0, undefined, at);
  } catch (error) {
    throw outputError(path, error);
  } finally {
    await file.close();
  }
}

function encoded(hashes: readonly string[]): Uint8Array {
  const out = new ByteWriter();
  encodeEntry(out, [hashesKey, strings(hashes)]);
  return out.finish();
}

async function hashOf(
  path: string,
  { offset, size }: HashedTensor,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash("sha256");
  await readRange(path, offset, size, signal, (piece) => hash.update(piece));
  return hash.digest("hex");
}

async function readRange(
  path: string,
  offset: number,
  size: number,
  signal: AbortSignal | undefined,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  signal?.throwIfAborted();
  let length = 0;
  try {
    const bytes = size === 0 ? [] : createReadStream(path, { start: offset, end: offset + size - 1, signal });
    for await (const piece of bytes) {
      take(piece);
      length += piece.length;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw corrupt(path, messageOf(cause), cause);
  }
  if (length !== size) throw corrupt(path, "it is shorter than its header says");
}

function corrupt(path: string, problem: string, cause?: unknown): VanerError {
  return new VanerError("ERR_VANER_MODEL_CORRUPT", `The weights of ${path} cannot be read: ${problem}.`, {
    cause,
  });
}
