import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import { messageOf, VanerError } from "../../../errors.js";
import { checkpointError } from "../../checkpoint/errors.js";
import { CheckpointFile, fetchAgain } from "../../checkpoint/file.js";
import { quoted } from "../../checkpoint/names.js";

/** The place of an entry in the file, in bytes. */
export interface ArchiveEntry {
  readonly begin: number;
  readonly length: number;
}

/** The archive that `torch.save` writes since PyTorch 1.6: entries in one folder, none of them compressed. */
export interface TorchArchive {
  readonly file: CheckpointFile;
  /** By name, without the folder: `data.pkl`, `data/0`. */
  readonly entries: ReadonlyMap<string, ArchiveEntry>;
}

/** Far more than any model has. */
const mostEntries = 100_000;
const saveAnew = "Load it in Python and save it with a newer PyTorch, or its tensors as safetensors.";

/**
 * Opens the archive and reads its directory.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if it cannot be read, is not such an archive, or is damaged
 */
export async function openTorchArchive(path: string): Promise<TorchArchive> {
  const file = await CheckpointFile.open(path);
  try {
    await checkStart(file);
    const entries = await readDirectory(file);
    const order = entries.get("byteorder");
    if (order && (await file.read(order.begin, Math.min(order.length, 16))).toString() !== "little") {
      throw checkpointError(`${path} was saved on a big-endian machine. ${saveAnew}`);
    }
    return { file, entries };
  } catch (error) {
    await file.close();
    if (error instanceof VanerError) throw error;
    throw checkpointError(`${path} is a damaged archive: ${messageOf(error)}. ${fetchAgain}`, {
      cause: error,
    });
  }
}

async function checkStart(file: CheckpointFile): Promise<void> {
  const start = (await file.read(0, Math.min(file.size, 4))).toString("latin1");
  if (start === "PK\x03\x04") return;
  if (start.startsWith("\x80")) {
    throw checkpointError(
      `${file.path} is in the format of PyTorch before 1.6, which cannot be read. ${saveAnew}`,
    );
  }
  throw checkpointError(`${file.path} is not a PyTorch file. ${fetchAgain}`);
}

async function readDirectory(file: CheckpointFile): Promise<ReadonlyMap<string, ArchiveEntry>> {
  // Names stay bytes: yauzl normalizes decoded names, which could make two of them equal.
  const options = { autoClose: false, decodeStrings: false };
  const archive = await fromRandomAccessReaderPromise(new FileReader(file), file.size, options);
  if (archive.entryCount > mostEntries) throw new Error(`it claims ${archive.entryCount} entries`);
  // Before the first entry is read, the cursor is the start of the directory. Its declared type is wrong.
  const directory = Number(archive.readEntryCursor);
  const entries = new Map<string, ArchiveEntry>();
  let folder: string | undefined;
  for await (const entry of archive.eachEntry()) {
    const [, top, name] = /^([^/]+)\/(.+)$/s.exec(entry.fileNameRaw.toString("latin1")) ?? [];
    folder ??= top;
    if (name === undefined || top !== folder) throw new Error("its entries are not in one folder");
    if (name === "constants.pkl" || name.startsWith("code/")) {
      throw checkpointError(
        `${file.path} is a TorchScript program, not a checkpoint. Save the model's state_dict() instead.`,
      );
    }
    if (entries.has(name)) throw new Error(`it holds ${quoted(name)} twice`);
    entries.set(name, await placeOf(archive, entry, name));
  }
  checkOverlaps(entries, directory);
  return entries;
}

async function placeOf(archive: ZipFile, entry: Entry, name: string): Promise<ArchiveEntry> {
  if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
    throw new Error(`its entry ${quoted(name)} is compressed or encrypted, as PyTorch never writes it`);
  }
  const local = await archive.readLocalFileHeaderPromise(entry);
  if (!local.fileName.equals(entry.fileNameRaw) || local.compressionMethod !== 0) {
    throw new Error(`its directory contradicts what it holds of ${quoted(name)}`);
  }
  return { begin: local.fileDataStart, length: entry.uncompressedSize };
}

function checkOverlaps(entries: ReadonlyMap<string, ArchiveEntry>, directory: number): void {
  let end = 0;
  for (const [name, { begin, length }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin)) {
    if (begin < end) throw new Error(`its entry ${quoted(name)} overlaps another`);
    end = begin + length;
    if (end > directory) throw new Error(`its entry ${quoted(name)} overlaps the directory`);
  }
}

/**
 * Reads for yauzl, which passes on positions from the file unchecked. Node.js's own reader would throw on some of
 * them where nobody can catch it.
 */
class FileReader extends RandomAccessReader {
  readonly #file: CheckpointFile;

  constructor(file: CheckpointFile) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#file.read(position, length).then(
      (bytes) => {
        bytes.copy(buffer, offset);
        callback(null, length);
      },
      (error: Error) => callback(error),
    );
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}
