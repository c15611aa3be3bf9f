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

/** A signal that follows another and can also be aborted by itself. */
export interface LinkedSignal extends AbortController {
  /** Stops following. To be called when the work is over, or the followed signal keeps this one alive. */
  unlink(): void;
}

/**
 * A controller that is aborted with `signal`, for the same reason.
 * @throws the signal's reason where it is aborted already
 */
export function linkSignal(signal: AbortSignal | undefined): LinkedSignal {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const follow = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", follow, { once: true });
  return Object.assign(controller, { unlink: () => signal?.removeEventListener("abort", follow) });
}
