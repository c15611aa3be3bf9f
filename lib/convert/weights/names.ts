import { checkpointError } from "../errors.js";

/** Longer than the names of real tensors; what a hostile file names may have megabytes. */
const longestName = 200;

/** How messages show a name out of a checkpoint. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > longestName ? `${name.slice(0, longestName)}…` : name);
}

/**
 * What a source keeps of a tensor.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where there is none of that name, or it cannot be read
 */
export function tensorNamed<T>(
  tensors: ReadonlyMap<string, T>,
  unreadable: ReadonlyMap<string, string>,
  name: string,
  path: string,
): T {
  const tensor = tensors.get(name);
  if (tensor !== undefined) return tensor;
  const reason = unreadable.get(name);
  throw checkpointError(
    reason === undefined
      ? `${path} holds no tensor ${quoted(name)}.`
      : `${path}: tensor ${quoted(name)} cannot be read: ${reason}.`,
  );
}
