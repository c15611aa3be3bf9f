import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { loadAddon } from "../../lib/binding/loader.js";
import { inspectModel, quantizeModel, Recognizer } from "../../lib/index.js";
import { vaner } from "../support/cli.js";
import { fixture, root } from "../support/paths.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = "Aspirin can cause asthma in mice.";

describe.each(["tiny-f32", "tiny-heads-f32"])("%s", (name) => {
  // Rows of tiny models fit blocks of 32 only. Native tests cover types that have larger blocks and no
  // substitute, or need an importance matrix.
  const types = loadAddon()
    .quantizeTypes()
    .files.filter((type) => !/^IQ[123]|^Q2_K_S|^Q1_0/.test(type));

  test.each(types)("as %s loads and recognizes, with unchanged heads", async (type) => {
    const output = join(folder, `${name}-${type}.gguf`);
    const { loss } = await quantizeModel({ input: fixture(name), output, type });
    expect(loss.relativeError).toBeLessThan(0.5);
    const file = await inspectModel(output);
    const kept = file.tensors.filter(({ name, shape }) => name.startsWith("cls.") || shape.length === 1);
    expect(kept.length).toBeGreaterThan(4);
    expect(new Set(kept.map((tensor) => tensor.type))).toEqual(new Set(["F32"]));
    const recognizer = await Recognizer.load({ model: output, threads: 1, gpu: false });
    try {
      for (const entity of await recognizer.recognize(text)) {
        expect(entity.text).toBe(text.slice(entity.start, entity.end));
      }
    } finally {
      await recognizer.dispose();
    }
  });
});

describe("vaner quantize", () => {
  test("reports the loss of the default model", async () => {
    const input = join(root, "models", "vaner-smollm2.gguf");
    const output = join(folder, "small.gguf");
    const { code, stdout, stderr } = await vaner(["quantize", input, output, "q4_k_m"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: The input is already quantized/);
    expect(stdout).toMatch(/bytes -> [\d,]+ bytes \(\d+ %\)/);
    expect(stdout).toMatch(/weights differ by [\d.]+ % \(root mean square\); worst tensor \S+, [\d.]+ %/);
    expect((await inspectModel(output)).problem).toBeNull();
  });

  test("prints JSON", async () => {
    const output = join(folder, "json.gguf");
    const { code, stdout } = await vaner([
      "quantize",
      fixture("tiny-f32"),
      output,
      "Q8_0",
      "--json",
      "--threads",
      "1",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ path: output, type: "Q8_0", warnings: [] });
  });

  test.each([
    [["Q8_0"], 2],
    [[fixture("tiny-f32"), "out.gguf", "Q9_9"], 2],
    [[fixture("tiny-f32"), "out.gguf", "Q8_0", "--imatrix", "none"], 2],
    [["none.gguf", "out.gguf", "Q8_0"], 1],
    [[fixture("tiny-f32"), "none/out.gguf", "Q8_0"], 1],
  ])("%j ends with status %i and no file", async (args, expected) => {
    const { code, stdout, stderr } = await vaner(["quantize", ...args]);
    expect(code).toBe(expected);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^vaner: /);
    expect(existsSync("out.gguf")).toBe(false);
  });
});
