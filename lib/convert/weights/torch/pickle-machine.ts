import { quoted } from "../../checkpoint/names.js";
import { PickleError, saveAsSafetensors } from "./pickle-bytes.js";
import { plainGlobals } from "./pickle-globals.js";
import { describePickled, PickleGlobal, type PickleValue } from "./pickle-values.js";

/**
 * Most elements and characters in the arguments of all calls together. A call copies its arguments, and a file can
 * pass one list to any number of calls.
 */
const mostTaken = 2 ** 22;

/** Names and objects that a pickle may refer to, besides plain data. */
export interface PickleWorld {
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** The object with an id outside the pickle. Throws a {@link PickleError} if there is none. */
  readonly persistent: (id: PickleValue) => PickleValue;
}

/** The stack and the memo of a pickle's operations. Makes plain data and nothing else. */
export class PickleMachine {
  readonly #world: PickleWorld;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at which marks lie. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #taken = 0;

  constructor(world: PickleWorld) {
    this.#world = world;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const [value = null] = this.popMany(1);
    return value;
  }

  popMany(count: number): PickleValue[] {
    if (this.#stack.length - count < (this.#marks.at(-1) ?? 0)) throw new PickleError("its stack runs empty");
    return this.#stack.splice(this.#stack.length - count, count);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  popToMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw new PickleError("it ends a list that it never began");
    return this.#stack.splice(height);
  }

  /** @param index default: the next free one */
  remember(index = this.#memo.size): void {
    this.#memo.set(index, this.#top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new PickleError("it refers to a value that it did not store");
    this.push(value);
  }

  /** Appends to the list on top. */
  append(values: PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list) || Object.isFrozen(list)) throw unfit("append to", list);
    for (const value of values) list.push(value);
  }

  /** Sets keys of the dictionary on top: `[key, value, key, value, …]`. */
  setItems(items: PickleValue[]): void {
    const dictionary = this.#top();
    if (!(dictionary instanceof Map) || items.length % 2 !== 0) throw unfit("set keys of", dictionary);
    for (let at = 0; at < items.length; at += 2) dictionary.set(items[at], items[at + 1]);
  }

  /** Adds to the set on top. */
  add(values: PickleValue[]): void {
    const set = this.#top();
    if (!(set instanceof Set)) throw unfit("add to", set);
    for (const value of values) set.add(value);
  }

  /** Pushes the global whose module and name are on top. */
  pushStackGlobal(): void {
    const name = this.pop();
    this.pushGlobal(this.pop(), name);
  }

  pushGlobal(module: PickleValue, name: PickleValue): void {
    const full = `${asText(module)}.${asText(name)}`;
    const known = plainGlobals.get(full) ?? this.#world.globals.get(full);
    if (!known) throw new PickleError(`it asks to run ${quoted(full)}, which is refused`, saveAsSafetensors);
    this.push(known);
  }

  /** Calls the global below the arguments on top. */
  reduce(): void {
    const [callee, args] = this.popMany(2);
    if (!(callee instanceof PickleGlobal && callee.call && Array.isArray(args))) throw unfit("call", callee);
    this.#taken += args.length + sizeOf(args[0]);
    if (this.#taken > mostTaken) throw new PickleError("its calls copy too much", saveAsSafetensors);
    const result = callee.call(args);
    if (result === undefined) throw new PickleError(`it calls ${callee.name} with arguments that do not fit`);
    this.push(result);
  }

  /** Drops the state of the object on top. Only dictionaries may have one: `_metadata`, which is not needed. */
  build(): void {
    this.pop();
    if (!(this.#top() instanceof Map)) throw unfit("set the state of", this.#top());
  }

  pushPersistent(): void {
    this.push(this.#world.persistent(this.pop()));
  }

  #top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }
}

function sizeOf(value: PickleValue | undefined): number {
  return typeof value === "string" || Array.isArray(value) ? value.length : 0;
}

function asText(value: PickleValue): string {
  if (typeof value === "string") return value;
  throw new PickleError(`it asks for a name that is ${describePickled(value)}`, saveAsSafetensors);
}

function unfit(action: string, value: PickleValue | undefined): PickleError {
  return new PickleError(`it tries to ${action} ${describePickled(value)}`);
}
