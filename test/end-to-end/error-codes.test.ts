import { describe, expect, test } from "@jest/globals";
import { loadAddon } from "../../lib/binding/loader.js";
import { errorCodes } from "../../lib/errors.js";

describe("error codes of the addon", () => {
  const native = loadAddon().errorCodes;

  test("are all in the table of lib/errors.ts", () => {
    expect(native.filter((code) => !Object.hasOwn(errorCodes, code))).toEqual([]);
  });

  test("belong to one failure each", () => {
    expect(native.length).toBeGreaterThan(0);
    expect(new Set(native).size).toBe(native.length);
  });

  test("include every code of a model file and what can end a native job", () => {
    const modelCodes = Object.keys(errorCodes).filter((code) => code.startsWith("ERR_VANER_MODEL_"));
    expect(native).toEqual(
      expect.arrayContaining([...modelCodes, "ERR_VANER_ABORTED", "ERR_VANER_INTERNAL"]),
    );
  });
});
