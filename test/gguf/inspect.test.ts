import { describe, expect, test } from "@jest/globals";
import { inspectModel } from "../../lib/gguf/inspect.js";

describe("inspectModel rejects before it reads", () => {
  test.each(["", undefined, null, 3, {}, "a\0b", new URL("https://example.org/a.gguf")])(
    "%j",
    async (model) => {
      await expect(inspectModel(model as string)).rejects.toMatchObject({
        code: "ERR_VANER_INVALID_ARGUMENT",
      });
    },
  );

  test("an aborted signal, and values that are not signals", async () => {
    await expect(inspectModel("a.gguf", { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    await expect(inspectModel("a.gguf", { signal: 3 as unknown as AbortSignal })).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
  });
});
