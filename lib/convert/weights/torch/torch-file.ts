import { checkpointError } from "../../checkpoint/errors.js";
import { type CheckpointFile, fetchAgain } from "../../checkpoint/file.js";
import { isCount } from "../../checkpoint/json.js";
import { quoted } from "../../checkpoint/names.js";
import { checkRows } from "../rows.js";
import { elementSizes, rowLength } from "../source.js";
import { largestPickle, readPickle } from "./pickle.js";
import { PickleError } from "./pickle-bytes.js";
import { asList, PickleGlobal, type PickleValue } from "./pickle-values.js";
import { torchGlobals } from "./torch-globals.js";
import { formOf, readLaidOut } from "./torch-layout.js";
import { TorchStorage, type TorchTensor } from "./torch-tensor.js";
import { storageTypes } from "./torch-types.js";
import type { TorchArchive } from "./torch-zip.js";

/** A file that `torch.save` wrote. */
export class TorchFile {
  readonly path: string;
  /** The saved object: plain data with {@link TorchTensor}s in it. */
  readonly root: PickleValue;
  readonly #file: CheckpointFile;

  private constructor(file: CheckpointFile, root: PickleValue) {
    this.path = file.path;
    this.root = root;
    this.#file = file;
  }

  static async open(path: string): Promise<TorchFile> {
    // Imported on demand: its library would slow down the start of programs that only recognize.
    const { openTorchArchive } = await import("./torch-zip.js");
    const archive = await openTorchArchive(path);
    try {
      return new TorchFile(archive.file, await readRoot(archive));
    } catch (error) {
      await archive.file.close();
      throw error;
    }
  }

  /**
   * Reads rows of a tensor in {@link root}, as {@link WeightSource.readRows} does.
   * @param name of the tensor, for messages
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the tensor cannot be read, or the file changed or is closed
   */
  async readRows(tensor: TorchTensor, name: string, first: number, count: number): Promise<Uint8Array> {
    const form = formOf(tensor);
    if ("problem" in form) {
      throw checkpointError(`${this.path}: tensor ${quoted(name)} cannot be read: ${form.problem}.`);
    }
    const { shape, storage, offset } = tensor;
    checkRows({ name, type: form.type, shape }, first, count, this.path);
    const size = elementSizes[form.type];
    const placement = { begin: storage.begin + offset * size, size, length: rowLength(tensor) };
    return readLaidOut(this.#file, { ...placement, layout: form.layout }, first, count);
  }

  /** Closes the file. Idempotent. */
  close(): Promise<void> {
    return this.#file.close();
  }
}

/**
 * Opens a file that `torch.save` wrote, and reads the saved object without the numbers of its tensors. Runs no code.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if it cannot be read, is not such a file, is damaged, or holds more
 *   than plain data and tensors
 */
export function openTorchFile(path: string): Promise<TorchFile> {
  return TorchFile.open(path);
}

async function readRoot(archive: TorchArchive): Promise<PickleValue> {
  const { file, entries } = archive;
  const pickle = entries.get("data.pkl");
  if (!pickle) throw checkpointError(`${file.path} is not a PyTorch file: it lacks data.pkl. ${fetchAgain}`);
  if (pickle.length > largestPickle) {
    throw checkpointError(
      `The pickle in ${file.path} has ${pickle.length} bytes, but at most ${largestPickle} are read.`,
    );
  }
  const world = { globals: torchGlobals, persistent: (id: PickleValue) => storageOf(id, entries) };
  return readPickle(await file.read(pickle.begin, pickle.length), world, file.path);
}

/** The storage of an id: `("storage", type, key, device, elements)`. */
function storageOf(id: PickleValue, entries: TorchArchive["entries"]): TorchStorage {
  const [kind, type, key, , elements] = asList(id) ?? [];
  const known = type instanceof PickleGlobal && storageTypes.has(type.name);
  if (kind !== "storage" || !known || typeof key !== "string" || !isCount(elements)) {
    throw new PickleError("it refers to something that is not a storage");
  }
  const entry = entries.get(`data/${key}`);
  if (!entry) throw new PickleError(`it refers to the storage ${quoted(key)}, which the file lacks`);
  const elementType = storageTypes.get(type.name);
  const size = elementType && "element" in elementType ? elementSizes[elementType.element] : 1;
  if (elements * size > entry.length) throw new PickleError(`its storage ${quoted(key)} is cut short`);
  return new TorchStorage(key, elementType, entry.begin, entry.length);
}
