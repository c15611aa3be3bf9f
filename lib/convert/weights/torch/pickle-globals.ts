import { types } from "node:util";
import { type PickleCall, PickleGlobal, type PickleValue } from "./pickle-values.js";

/** Python names that stand for plain data. Protocols up to 2 write `builtins` as Python 2 did. */
export const plainGlobals: ReadonlyMap<string, PickleGlobal> = globals([
  ["collections.OrderedDict", dictionary],
  ["_codecs.encode", encoded],
  ...["builtins", "__builtin__"].flatMap((module): [string, PickleCall][] => [
    [`${module}.set`, set],
    [`${module}.frozenset`, set],
    [`${module}.bytearray`, bytes],
    [`${module}.bytes`, bytes],
  ]),
]);

/** A table of globals by name. */
export function globals(
  table: Iterable<readonly [name: string, call?: PickleCall]>,
): ReadonlyMap<string, PickleGlobal> {
  return new Map([...table].map(([name, call]) => [name, new PickleGlobal(name, call)]));
}

function dictionary([pairs = [], ...others]: readonly PickleValue[]): PickleValue | undefined {
  if (others.length > 0 || !Array.isArray(pairs)) return undefined;
  if (!pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) return undefined;
  return new Map(pairs);
}

function set([members = [], ...others]: readonly PickleValue[]): PickleValue | undefined {
  return others.length === 0 && Array.isArray(members) ? new Set(members) : undefined;
}

function bytes([content, ...others]: readonly PickleValue[]): PickleValue | undefined {
  if (content === undefined) return new Uint8Array();
  return others.length === 0 && types.isUint8Array(content) ? content : undefined;
}

/** `_codecs.encode(text, "latin1")` is how protocols up to 2 write bytes. */
function encoded([text, encoding, ...others]: readonly PickleValue[]): PickleValue | undefined {
  if (typeof text !== "string" || encoding !== "latin1" || others.length > 0) return undefined;
  return /[^\0-\xff]/.test(text) ? undefined : Uint8Array.from(Buffer.from(text, "latin1"));
}
