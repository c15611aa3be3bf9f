import { describe, expect, test } from "@jest/globals";
import { type LoadOptions, Recognizer } from "../../lib/index.js";

describe("Recognizer.load rejects before it loads anything", () => {
  test.each([
    null,
    3,
    { model: "" },
    { model: 3 },
    { model: null },
    { adapter: "" },
    { adapter: 3 },
    { adapter: null },
    { adapter: new URL("https://example.org/a.gguf") },
    { gpu: true },
    { gpu: "" },
    { gpu: null },
    { threads: null },
    { gpu: 0 },
    { threads: 0 },
    { threads: 1.5 },
    { threads: 2000 },
    { threads: "2" },
    { threads: Number.NaN },
    { int8: "auto" },
    { int8: 1 },
    { int8: null },
    { int8Scales: "columns" },
    { int8Scales: true },
    { mmap: null },
    { mmap: "no" },
    { onProgress: "yes" },
    { logger: {} },
    { signal: "stop" },
  ])("%j", async (options) => {
    await expect(Recognizer.load(options as unknown as LoadOptions)).rejects.toMatchObject({
      name: "VanerError",
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
  });

  test("an aborted signal", async () => {
    await expect(Recognizer.load({ signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});
