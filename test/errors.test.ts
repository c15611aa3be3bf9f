import { describe, expect, test } from "@jest/globals";
import { describe as describeValue, errorCodes, listed, VanerError } from "../lib/errors.js";

describe("VanerError", () => {
  test("is an Error with a code, a message and a cause", () => {
    const cause = new Error("inner");
    const error = new VanerError("ERR_VANER_COMPUTE", "outer", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "VanerError", code: "ERR_VANER_COMPUTE", message: "outer" });
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe("VanerError: outer");
  });

  test("every code is in the table once, with a meaning", () => {
    for (const [code, meaning] of Object.entries(errorCodes)) {
      expect(code).toMatch(/^ERR_VANER_[A-Z_]+$/);
      expect(meaning).toMatch(/\.$/);
    }
  });
});

describe("values in messages", () => {
  test.each([
    [null, "null"],
    [undefined, "undefined"],
    ["a", '"a"'],
    ["x".repeat(1000), `"${"x".repeat(40)}…"`],
    [[1], "an array"],
    [{}, "an object"],
    [3n, "3"],
    [Number.NaN, "NaN"],
    [() => 1, "function"],
    [Symbol("s"), "symbol"],
  ])("%s", (value, text) => {
    expect(describeValue(value)).toBe(text);
  });

  test("lists", () => {
    expect(listed(["a", "b"])).toBe('"a", "b"');
    expect(listed([])).toBe("none");
  });
});
