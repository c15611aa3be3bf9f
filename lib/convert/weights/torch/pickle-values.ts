import { types } from "node:util";

/** An object of a pickle that is not plain data, for example a tensor. Only the reader makes them, never the file. */
export abstract class PickleObject {
  /** Its name in messages. */
  abstract describe(): string;
}

/**
 * What a pickle holds: plain data. Lists and tuples are arrays (tuples are frozen), dictionaries are maps, and
 * whole numbers beyond 2^53 are bigints. Containers may contain themselves.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PickleValue[]
  | PickleDictionary
  | ReadonlySet<PickleValue>
  | PickleObject;

export interface PickleDictionary extends ReadonlyMap<PickleValue, PickleValue> {}

/** A Python name such as `torch.float16`, and what calling it makes. Without `call` it is a constant. */
export class PickleGlobal extends PickleObject {
  /** Module and name, with a dot between them. */
  readonly name: string;
  /** Returns undefined for arguments that do not fit. */
  readonly call: PickleCall | undefined;

  constructor(name: string, call?: PickleCall) {
    super();
    this.name = name;
    this.call = call;
  }

  describe(): string {
    return this.name;
  }
}

/** Makes plain data from the arguments of a call. Runs no code of the file. */
export type PickleCall = (args: readonly PickleValue[]) => PickleValue | undefined;

/** The value as a dictionary, or undefined if it is something else. */
export function asDictionary(value: PickleValue | undefined): PickleDictionary | undefined {
  return value instanceof Map ? value : undefined;
}

/** The value as a list or tuple, or undefined if it is something else. */
export function asList(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** How messages name a value of the wrong kind. */
export function describePickled(value: PickleValue | undefined): string {
  if (value instanceof PickleObject) return value.describe();
  if (value === null) return "None";
  if (value instanceof Map) return "a dictionary";
  if (value instanceof Set) return "a set";
  if (types.isUint8Array(value)) return "bytes";
  if (Array.isArray(value)) return Object.isFrozen(value) ? "a tuple" : "a list";
  if (typeof value === "string") return "a string";
  return typeof value === "boolean" ? "a boolean" : "a number";
}
