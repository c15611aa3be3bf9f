import { dirname, join } from "node:path";
import { checkpointError } from "../errors.js";
import { optionalObject, readJsonObject, required } from "../json.js";
import { quoted, tensorNamed } from "./names.js";
import type { StoredTensor, WeightSource } from "./source.js";

/** More than the largest published checkpoints have; few enough to be open together. */
const mostShards = 256;

/**
 * Opens the shards that an index file names. The index decides which shard a tensor is read from; tensors of the
 * shards that it does not mention are listed as unreadable.
 * @param open opens one shard
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where the index or a shard is missing or damaged, the index names
 *   files outside of its folder, or a shard lacks a tensor that the index puts there
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
    for (const name of new Set(fileOf.values())) shards.set(name, await open(join(dirname(index), name)));
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
    const source = shards.get(file) as WeightSource;
    const tensor = source.tensors.get(name);
    const reason = source.unreadable.get(name);
    if (tensor) {
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
  const map = required(optionalObject, await readJsonObject(index), "weight_map", index);
  const fileOf = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== "string")
      throw checkpointError(`${index}: the file of tensor ${quoted(name)} is no text.`);
    if (!isPlainName(file)) {
      throw checkpointError(
        `${index} names the file ${quoted(file)}, which is no plain name: files outside of its folder are not read.`,
      );
    }
    fileOf.set(name, file);
  }
  const count = new Set(fileOf.values()).size;
  if (count > mostShards)
    throw checkpointError(`${index} names ${count} files; more than ${mostShards} are not read.`);
  return fileOf;
}

/** Whether a name cannot lead out of its folder on any system: no separators, drives, streams or control characters. */
function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\\:\p{Cc}]/u.test(name);
}
