import { types } from "node:util";

/** An object of a pickle that is no plain data, for example a tensor. Made by the reader alone, never by the file. */
export abstract class PickleObject {
  /** What messages call it. */
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
  | ReadonlyMap<PickleValue, PickleValue>
  | ReadonlySet<PickleValue>
  | PickleObject;

/** A name of Python, such as `torch.float16`, and what calling it makes; without `call` it is a mere constant. */
export class PickleGlobal extends PickleObject {
  /** Module and name, with a dot between them. */
  readonly name: string;
  /** Returns undefined for arguments that it does not take. */
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

/** Makes plain data out of a call's arguments; runs nothing of the file. */
export type PickleCall = (args: readonly PickleValue[]) => PickleValue | undefined;

/** How messages name a value of the wrong kind. */
export function describePickled(value: PickleValue | undefined): string {
  if (value instanceof PickleObject) return value.describe();
  if (value === null) return "None";
  if (value instanceof Map) return "a dictionary";
  if (value instanceof Set) return "a set";
  if (types.isUint8Array(value)) return "bytes";
  if (Array.isArray(value)) return Object.isFrozen(value) ? "a tuple" : "a list";
  if (typeof value === "string") return "a text";
  return typeof value === "boolean" ? "a truth value" : "a number";
}
