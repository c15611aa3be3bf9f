import { describe, invalidArgument } from "../errors.js";

const methods = ["addEventListener", "removeEventListener", "throwIfAborted"] as const;

/**
 * Checks an optional signal. Duck-typed: test environments and browser windows have their own AbortSignal class.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return;
  const parts = Object(signal);
  if (typeof parts.aborted !== "boolean" || methods.some((method) => typeof parts[method] !== "function")) {
    throw invalidArgument(`\`signal\` must be an AbortSignal, not ${describe(signal)}.`);
  }
}

/** Tells work to stop: the caller's `AbortSignal`, or a {@link Stop}. */
export type StopSignal = AbortSignal | Stop;

/**
 * AbortController and AbortSignal in one, for use inside the library. Every call needs one, and Node.js's own cost
 * more than all other bookkeeping of a short call.
 */
export class Stop implements Pick<AbortSignal, "aborted" | "reason" | "throwIfAborted"> {
  aborted = false;
  reason: unknown = undefined;
  readonly #callbacks = new Set<() => void>();

  /** Runs all callbacks. Idempotent: the first reason stays. */
  abort(reason: unknown = new DOMException("This operation was aborted", "AbortError")): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const callbacks = [...this.#callbacks];
    this.#callbacks.clear();
    for (const callback of callbacks) callback();
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** See {@link onAbort}. */
  follow(callback: () => void): () => void {
    // A new function, so that the same callback can follow twice.
    const entry = () => callback();
    this.#callbacks.add(entry);
    return () => {
      this.#callbacks.delete(entry);
    };
  }
}

interface Followers {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const followersOf = new WeakMap<AbortSignal, Followers>();

/**
 * Runs a callback when a signal is aborted. A signal gets one listener for all callbacks: Node.js warns of a leak
 * from the eleventh on, and a server may share one signal between many calls.
 * @returns a function that stops following; until it is called, the signal keeps `callback` alive
 */
export function onAbort(signal: StopSignal, callback: () => void): () => void {
  return signal instanceof Stop ? signal.follow(callback) : followCaller(signal, callback);
}

function followCaller(signal: AbortSignal, callback: () => void): () => void {
  const followers = followersOf.get(signal) ?? listen(signal);
  // A new function, so that the same callback can follow twice.
  const entry = () => callback();
  followers.callbacks.add(entry);
  return () => {
    if (!followers.callbacks.delete(entry) || followers.callbacks.size > 0) return;
    signal.removeEventListener("abort", followers.listener);
    followersOf.delete(signal);
  };
}

function listen(signal: AbortSignal): Followers {
  const callbacks = new Set<() => void>();
  const listener = () => {
    followersOf.delete(signal);
    for (const callback of callbacks) callback();
  };
  const followers = { callbacks, listener };
  followersOf.set(signal, followers);
  signal.addEventListener("abort", listener, { once: true });
  return followers;
}

/**
 * A promise's value, unless a signal is aborted first.
 * @throws the signal's reason
 */
export async function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return promise;
  signal.throwIfAborted();
  let unfollow = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    unfollow = onAbort(signal, () => reject(signal.reason));
  });
  return Promise.race([promise, aborted]).finally(unfollow);
}

/** A stop that is also aborted by another signal. */
export class LinkedStop extends Stop {
  /** Stops following the signal. */
  readonly unlink: () => void;

  /** @throws the signal's reason if it is aborted already */
  constructor(signal: StopSignal | undefined) {
    super();
    signal?.throwIfAborted();
    this.unlink = signal ? onAbort(signal, () => this.abort(signal.reason)) : () => {};
  }
}
