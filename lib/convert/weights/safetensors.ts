import { checkpointError } from "../checkpoint/errors.js";
import { CheckpointFile, fetchAgain } from "../checkpoint/file.js";
import { checkRows, rowBytes } from "./rows.js";
import { type PlacedTensor, parseHeader } from "./safetensors-header.js";
import { tensorNamed, type WeightSource } from "./source.js";

/** Bytes of the header's length, a u64. */
const prefixLength = 8;
/** Most bytes of a header, as in the format's reference implementation. */
const largestHeader = 100_000_000;

/**
 * Opens a safetensors file.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if it cannot be read, is not a safetensors file, or is damaged
 */
export async function openSafetensors(path: string): Promise<WeightSource> {
  const file = await CheckpointFile.open(path);
  try {
    if (file.size < prefixLength) throw noHeader(path);
    const length = Number((await file.read(0, prefixLength)).readBigUInt64LE());
    if (length > largestHeader || length > file.size - prefixLength) throw noHeader(path);
    const data = prefixLength + length;
    const { tensors, unreadable } = parseHeader(
      await file.read(prefixLength, length),
      file.size - data,
      path,
    );
    return new SafetensorsSource(file, data, tensors, unreadable);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class SafetensorsSource implements WeightSource {
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  readonly unreadable: ReadonlyMap<string, string>;
  readonly #file: CheckpointFile;
  readonly #data: number;

  constructor(
    file: CheckpointFile,
    data: number,
    tensors: ReadonlyMap<string, PlacedTensor>,
    unreadable: ReadonlyMap<string, string>,
  ) {
    this.tensors = tensors;
    this.unreadable = unreadable;
    this.#file = file;
    this.#data = data;
  }

  async readRows(name: string, first: number, count: number): Promise<Uint8Array> {
    const tensor = tensorNamed(this.tensors, this.unreadable, name, this.#file.path);
    checkRows(tensor, first, count, this.#file.path);
    const bytes = rowBytes(tensor);
    return this.#file.read(this.#data + tensor.begin + first * bytes, count * bytes);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function noHeader(path: string) {
  return checkpointError(`${path} is not a safetensors file, or its header is cut short. ${fetchAgain}`);
}
