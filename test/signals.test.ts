import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { checkSignal, linkSignal, onAbort } from "../lib/signals.js";

describe("onAbort", () => {
  test("calls all that still follow, through one listener", () => {
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

  test("leaves no listener when nobody follows any more, and can be followed again", () => {
    const controller = new AbortController();
    let called = 0;
    onAbort(controller.signal, () => called++)();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    onAbort(controller.signal, () => called++);
    controller.abort();
    expect(called).toBe(1);
  });
});

describe("linkSignal", () => {
  test("passes the reason on, in one direction", () => {
    const outer = new AbortController();
    const [inner, other] = [linkSignal(outer.signal), linkSignal(outer.signal)];
    inner.abort("mine");
    expect(outer.signal.aborted).toBe(false);
    expect(other.signal.aborted).toBe(false);
    outer.abort("all");
    expect([inner.signal.reason, other.signal.reason]).toEqual(["mine", "all"]);
  });

  test("is not made of an aborted signal", () => {
    expect(() => linkSignal(AbortSignal.abort("gone"))).toThrow("gone");
  });
});

describe("checkSignal", () => {
  test("takes signals of any make", () => {
    checkSignal(undefined);
    checkSignal(new AbortController().signal);
    checkSignal({ aborted: false, addEventListener() {} });
  });

  test.each([null, {}, 3, "signal", { aborted: false }])("refuses %j", (value) => {
    expect(() => checkSignal(value)).toThrow(expect.objectContaining({ code: "ERR_VANER_INVALID_ARGUMENT" }));
  });
});
