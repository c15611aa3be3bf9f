import { dirname, join } from "node:path";
import { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { exists } from "../checkpoint/file.js";
import { quoted } from "../checkpoint/names.js";
import { type StoredTensor, tensorNamed, type WeightSource } from "./source.js";

/** More than any published checkpoint has, and few enough to keep all files open. */
const mostShards = 256;

/**
 * Opens the shards that an index file names. The index says which shard holds a tensor; tensors that it does not
 * mention are unreadable.
 * @param open opens one shard
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the index or a shard is missing or damaged, the index names files
 *   outside its folder, or a shard lacks a tensor that the index puts there
 */
export async function openSharded(
  index: string,
  open: (path: string) => Promise<WeightSource>,
): Promise<WeightSource> {
  const fileOf = await readIndex(index);
  const shards = new Map<string, WeightSource>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const name of new Set(fileOf.values())) {
      const path = join(dirname(index), name);
      if (!(await exists(path))) {
        throw checkpointError(
          `${path} cannot be opened: ${index} names it, but it is not there. Download it too.`,
        );
      }
      shards.set(name, await open(path));
    }
    return { ...merged(index, fileOf, shards), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function merged(
  index: string,
  fileOf: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, WeightSource>,
): Omit<WeightSource, "close"> {
  const tensors = new Map<string, StoredTensor>();
  const sources = new Map<string, WeightSource>();
  const unreadable = new Map<string, string>();
  for (const [name, file] of fileOf) {
    const source = shards.get(file);
    const tensor = source?.tensors.get(name);
    const reason = source?.unreadable.get(name);
    if (source && tensor) {
      tensors.set(name, tensor);
      sources.set(name, source);
    } else if (reason !== undefined) {
      unreadable.set(name, reason);
    } else {
      throw checkpointError(
        `${index} puts tensor ${quoted(name)} into ${quoted(file)}, which lacks it. Download both again: they may be of different versions.`,
      );
    }
  }
  for (const [file, { tensors: found }] of shards) {
    for (const name of found.keys()) {
      if (!fileOf.has(name))
        unreadable.set(name, `it is in ${quoted(file)}, but ${index} does not mention it`);
    }
  }
  const readRows: WeightSource["readRows"] = async (name, first, count) =>
    tensorNamed(sources, unreadable, name, index).readRows(name, first, count);
  return { tensors, unreadable, readRows };
}

async function readIndex(index: string): Promise<ReadonlyMap<string, string>> {
  const map = (await ConfigObject.read(index)).requiredObject("weight_map");
  const fileOf = new Map<string, string>();
  for (const [name, file] of map.entries()) {
    if (typeof file !== "string") throw map.error(`the file of tensor ${quoted(name)} is not a string.`);
    if (!isPlainName(file)) {
      throw checkpointError(
        `${index} names the file ${quoted(file)}, which is not a plain name: files outside its folder are not read.`,
      );
    }
    fileOf.set(name, file);
  }
  const count = new Set(fileOf.values()).size;
  if (count > mostShards)
    throw checkpointError(`${index} names ${count} files; at most ${mostShards} are read.`);
  return fileOf;
}

/** Whether a name stays in its folder on every system: no separators, drives, streams or control characters. */
function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\\:\p{Cc}]/u.test(name);
}
