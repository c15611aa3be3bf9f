import { describe, invalidArgument } from "./errors.js";

/**
 * Checks an optional signal by what it can do, not by its class: test environments and browsers'
 * windows have classes of their own.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return;
  const { aborted, addEventListener } = Object(signal);
  if (typeof aborted !== "boolean" || typeof addEventListener !== "function") {
    throw invalidArgument(`\`signal\` must be an AbortSignal, not ${describe(signal)}.`);
  }
}

interface Followers {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const followersOf = new WeakMap<AbortSignal, Followers>();

/**
 * Calls back when a signal is aborted. However many follow a signal, it has one listener: Node.js
 * warns of a leak from the eleventh on, and a server may share one signal between many calls.
 * @returns a function that stops following; without it the signal keeps `callback` alive
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const followers = followersOf.get(signal) ?? follow(signal);
  // A function of its own, so that one callback may follow twice.
  const entry = () => callback();
  followers.callbacks.add(entry);
  return () => {
    if (!followers.callbacks.delete(entry) || followers.callbacks.size > 0) return;
    signal.removeEventListener("abort", followers.listener);
    followersOf.delete(signal);
  };
}

function follow(signal: AbortSignal): Followers {
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

/** A controller that is aborted with another signal. */
export interface LinkedController extends AbortController {
  /** Stops following the signal. */
  unlink(): void;
}

/**
 * A controller that is aborted with `signal`, for the same reason.
 * @throws the signal's reason where it is aborted already
 */
export function linkSignal(signal: AbortSignal | undefined): LinkedController {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const unlink = signal ? onAbort(signal, () => controller.abort(signal.reason)) : () => {};
  return Object.assign(controller, { unlink });
}
