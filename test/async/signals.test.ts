import { getEventListeners } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { checkSignal, LinkedStop, onAbort, Stop } from "../../lib/async/signals.js";

describe("onAbort", () => {
  test("calls all active callbacks through one listener", () => {
    const controller = new AbortController();
    const called: string[] = [];
    onAbort(controller.signal, () => called.push("a"));
    const unfollow = onAbort(controller.signal, () => called.push("b"));
    onAbort(controller.signal, () => called.push("c"));
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    unfollow();
    unfollow();
    controller.abort();
    expect(called).toEqual(["a", "c"]);
  });

  test("removes its listener after the last callback, and can be used again", () => {
    const controller = new AbortController();
    let called = 0;
    onAbort(controller.signal, () => called++)();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    onAbort(controller.signal, () => called++);
    controller.abort();
    expect(called).toBe(1);
  });
});

describe("Stop", () => {
  test("calls all active callbacks once, with its reason set", () => {
    const stop = new Stop();
    const called: unknown[] = [];
    const callback = () => called.push(stop.reason);
    onAbort(stop, callback);
    const unfollow = onAbort(stop, callback);
    unfollow();
    unfollow();
    stop.throwIfAborted();
    stop.abort("first");
    stop.abort("second");
    expect(called).toEqual(["first"]);
    expect(() => stop.throwIfAborted()).toThrow("first");
    expect(stop).toMatchObject({ aborted: true, reason: "first" });
  });

  test("has the default reason of an AbortController", () => {
    const [stop, controller] = [new Stop(), new AbortController()];
    stop.abort();
    controller.abort();
    expect(stop.reason).toEqual(controller.signal.reason);
    expect(stop.reason).toMatchObject({ name: "AbortError" });
  });
});

describe("LinkedStop", () => {
  test("passes the reason on in one direction", () => {
    const outer = new AbortController();
    const [inner, other] = [new LinkedStop(outer.signal), new LinkedStop(outer.signal)];
    inner.abort("mine");
    expect(outer.signal.aborted).toBe(false);
    expect(other.aborted).toBe(false);
    outer.abort("all");
    expect([inner.reason, other.reason]).toEqual(["mine", "all"]);
  });

  test("removes its listener when it is unlinked", () => {
    const outer = new AbortController();
    const inner = new LinkedStop(outer.signal);
    inner.unlink();
    expect(getEventListeners(outer.signal, "abort")).toHaveLength(0);
    outer.abort();
    expect(inner.aborted).toBe(false);
  });

  test("cannot be created from an aborted signal", () => {
    expect(() => new LinkedStop(AbortSignal.abort("gone"))).toThrow("gone");
  });
});

describe("checkSignal", () => {
  test("accepts signals of any class", () => {
    checkSignal(undefined);
    checkSignal(new AbortController().signal);
    checkSignal({ aborted: false, addEventListener() {}, removeEventListener() {}, throwIfAborted() {} });
  });

  test.each([null, {}, 3, "signal", { aborted: false }, { aborted: false, addEventListener() {} }])(
    "rejects %j",
    (value) => {
      expect(() => checkSignal(value)).toThrow(
        expect.objectContaining({ code: "ERR_VANER_INVALID_ARGUMENT" }),
      );
    },
  );
});
