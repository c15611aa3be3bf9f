import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { defaultModelPath, resolveModelPath } from "../lib/model-path.js";
import { root } from "./support/paths.js";

describe("resolveModelPath", () => {
  test("accepts paths and file: URLs", () => {
    expect(resolveModelPath("a/b.gguf")).toBe(resolve("a/b.gguf"));
    expect(resolveModelPath(pathToFileURL("/x/ü b.gguf"))).toBe(resolve("/x/ü b.gguf"));
  });

  test.each(["", "a\0b", 3, null, {}, new URL("https://example.org/x"), new URL("file://host/x%2Fy")])(
    "rejects %s",
    (model) => {
      expect(() => resolveModelPath(model as string)).toThrow(
        expect.objectContaining({ code: "ERR_VANER_INVALID_ARGUMENT" }),
      );
    },
  );
});

test("the default model is part of the package", () => {
  expect(defaultModelPath()).toBe(join(root, "models", "vaner-smollm2.gguf"));
});
