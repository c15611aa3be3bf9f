import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createPackage } from "@electron/asar";
import { afterAll, describe, expect, test } from "@jest/globals";
import { defaultModelPath, resolveModelPath } from "../lib/model-path.js";
import { unpacked } from "../lib/package-root.js";
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

describe("unpacked", () => {
  const folder = mkdtempSync(join(tmpdir(), "vaner-asar-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (...path: string[]) => {
    mkdirSync(join(folder, ...path.slice(0, -1)), { recursive: true });
    writeFileSync(join(folder, ...path), "");
    return join(folder, ...path);
  };

  test("names the copy beside Electron's archive", () => {
    const copy = write("app.asar.unpacked", "models", "a.gguf");
    const inside = join(folder, "app.asar", "models", "a.gguf");
    expect(unpacked(inside)).toBe(copy);
    expect(unpacked(copy)).toBe(copy);
    expect(resolveModelPath(inside)).toBe(copy);
    expect(resolveModelPath(pathToFileURL(inside))).toBe(copy);
  });

  test("leaves paths alone that have none", () => {
    const plain = write("folder.asar", "a.gguf");
    expect(unpacked(plain)).toBe(plain);
    const missing = join(folder, "app.asar", "models", "b.gguf");
    expect(unpacked(missing)).toBe(missing);
  });

  test("a model that is packed only is an error that names the remedy", async () => {
    const packed = join(folder, "packed.asar");
    const source = write("source", "a.gguf");
    await createPackage(dirname(source), packed);
    const inside = join(packed, "a.gguf");
    for (const model of [inside, pathToFileURL(inside)]) {
      expect(() => resolveModelPath(model)).toThrow(
        expect.objectContaining({
          code: "ERR_VANER_MODEL_NOT_FOUND",
          message: expect.stringMatching(/packed\.asar\.unpacked.*asarUnpack.*unpack:/),
        }),
      );
    }
    const copy = write("packed.asar.unpacked", "a.gguf");
    expect(resolveModelPath(inside)).toBe(copy);
  });
});

test("the default model is part of the package", () => {
  expect(defaultModelPath()).toBe(join(root, "models", "vaner-smollm2.gguf"));
});
