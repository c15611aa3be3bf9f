import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { inspectModel, Recognizer, type VanerError } from "../../lib/index.js";
import { failureOf } from "../support/failure.js";
import { GgufEditor } from "../support/gguf.js";
import { fixture } from "../support/paths.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(bytes: Uint8Array | string): string {
  const path = join(folder, "model ü.gguf");
  writeFileSync(path, bytes);
  return path;
}

/** A changed copy of a fixture. */
function damaged(damage: (file: GgufEditor) => unknown, name = "tiny-f32"): string {
  const file = new GgufEditor(fixture(name));
  damage(file);
  return write(file.toBytes());
}

function problemOf(path: string): Promise<VanerError> {
  return failureOf(Recognizer.load({ model: path }));
}

describe("a model file", () => {
  test("is loaded by path or URL, also if the path is not ASCII", async () => {
    const path = damaged(() => {});
    for (const model of [path, pathToFileURL(path)]) {
      await using recognizer = await Recognizer.load({ model });
      expect(recognizer.info).toMatchObject({ name: "tiny-f32", maxTokens: 256, labels: ["O", "B", "I"] });
      expect(recognizer.types).toEqual(["Disease", "Chemical"]);
    }
  });

  test("reports progress, ending with 1", async () => {
    const shares: number[] = [];
    const recognizer = await Recognizer.load({
      model: fixture("tiny-f32"),
      onProgress: (share) => shares.push(share),
    });
    await recognizer.dispose();
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  });

  test("rejects with what onProgress throws", async () => {
    const failure = new Error("mine");
    const onProgress = () => {
      throw failure;
    };
    await expect(Recognizer.load({ model: fixture("tiny-f32"), onProgress })).rejects.toBe(failure);
  });

  test("passes llama.cpp's lines to the logger", async () => {
    const lines: string[] = [];
    const recognizer = await Recognizer.load({
      model: fixture("tiny-f32"),
      logger: (level, line) => lines.push(`${level} ${line}`),
    });
    await recognizer.dispose();
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every((line) => /^(debug|info|warn|error) /.test(line))).toBe(true);
  });

  test("names an unknown device and the available ones", async () => {
    await expect(Recognizer.load({ model: fixture("tiny-f32"), gpu: "Nonsense0" })).rejects.toMatchObject({
      code: "ERR_VANER_DEVICE",
      message: expect.stringContaining("Nonsense0"),
    });
  });
});

describe("a file that is not a usable model is rejected", () => {
  test("missing", async () => {
    expect(await problemOf(join(folder, "missing.gguf"))).toMatchObject({
      code: "ERR_VANER_MODEL_NOT_FOUND",
      message: expect.stringContaining("missing.gguf"),
    });
    await expect(inspectModel(join(folder, "missing.gguf"))).rejects.toMatchObject({
      code: "ERR_VANER_MODEL_NOT_FOUND",
    });
  });

  test("a folder", async () => {
    expect((await problemOf(folder)).code).toMatch(/^ERR_VANER_MODEL_NOT_(FOUND|GGUF)$/);
  });

  test.each([
    ["empty", ""],
    ["text", "This is no model.\n".repeat(100)],
    ["GGUF by its first byte only", "G"],
  ])("%s", async (_what, content) => {
    const path = write(content);
    expect((await problemOf(path)).code).toMatch(/^ERR_VANER_MODEL_(NOT_GGUF|CORRUPT)$/);
    await expect(inspectModel(path)).rejects.toMatchObject({ name: "VanerError" });
  });

  test.each([8, 20, 100, 1000, 10_000, 100_000, 461_000])("cut after %d bytes", async (length) => {
    const path = write(readFileSync(fixture("tiny-f32")));
    truncateSync(path, length);
    expect((await problemOf(path)).code).toMatch(/^ERR_VANER_MODEL_(NOT_GGUF|CORRUPT)$/);
  });

  test("a chat model: says what it is and what is needed", async () => {
    const expected = {
      code: "ERR_VANER_MODEL_ARCHITECTURE",
      message: expect.stringMatching(/llama[\s\S]*llama-embed/),
    };
    expect(await problemOf(fixture("tiny-llama"))).toMatchObject(expected);
    expect(await inspectModel(fixture("tiny-llama"))).toMatchObject({
      architecture: "llama",
      problem: expected,
    });
  });

  const cases: [string, string, (file: GgufEditor) => unknown][] = [
    ["a format of the future", "MODEL_FORMAT", (file) => file.setU32("vaner.format", 6)],
    ["no format", "MODEL_FORMAT", (file) => file.remove("vaner.format")],
    ["a format that is no number", "MODEL_FORMAT", (file) => file.setString("vaner.format", "1")],
    ["an unknown tagging", "MODEL_FORMAT", (file) => file.setString("vaner.tagging", "BILOU")],
    ["an unknown segmentation", "MODEL_FORMAT", (file) => file.setString("vaner.words", "whitespace-v1")],
    [
      "tokens of a sentencepiece vocabulary as segmentation",
      "MODEL_FORMAT",
      (file) => file.setString("vaner.words", "tokens-v1"),
    ],
    [
      "a training pair that is none",
      "MODEL_FORMAT",
      (file) => file.setStrings("vaner.instruction.trained", ["ncbi"]),
    ],
    [
      "labels of another tagging",
      "MODEL_FORMAT|MODEL_HEAD",
      (file) => file.setString("vaner.tagging", "BIOE"),
    ],
    ["no head", "MODEL_HEAD", (file) => file.removeTensor("cls.output.weight")],
    [
      "a head of the wrong shape",
      "MODEL_HEAD",
      (file) => Object.assign(file.tensor("cls.output.weight"), { shape: [3, 64] }),
    ],
    ["fewer rows than labels", "MODEL_HEAD", (file) => file.resize("cls.output.weight", [64, 2])],
    [
      "heads without tensors",
      "MODEL_HEAD",
      (file) => file.setStrings("vaner.heads", ["Disease", "Chemical"]),
    ],
    ["no layers", "MODEL_CORRUPT|MODEL_FORMAT", (file) => file.setU32("llama-embed.block_count", 0)],
    [
      "too many layers",
      "MODEL_CORRUPT|MODEL_FORMAT",
      (file) => file.setU32("llama-embed.block_count", 100_000),
    ],
    [
      "no heads of attention",
      "MODEL_CORRUPT|MODEL_FORMAT",
      (file) => file.setU32("llama-embed.attention.head_count", 0),
    ],
    [
      "an epsilon that is NaN",
      "MODEL_CORRUPT|MODEL_FORMAT",
      (file) => file.setF32("llama-embed.attention.layer_norm_rms_epsilon", Number.NaN),
    ],
    ["a layer that is missing", "MODEL_CORRUPT", (file) => file.removeTensor("blk.1.attn_q.weight")],
    ["NaN in a layer", "MODEL_WEIGHTS", (file) => file.fill("blk.0.ffn_up.weight", Number.NaN)],
    ["NaN in the head", "MODEL_WEIGHTS", (file) => file.fill("cls.output.weight", Number.NaN)],
    [
      "infinity in the embedding",
      "MODEL_WEIGHTS",
      (file) => file.fill("token_embd.weight", Number.POSITIVE_INFINITY),
    ],
    ["no vocabulary", "MODEL_CORRUPT|MODEL_FORMAT", (file) => file.remove("tokenizer.ggml.tokens")],
  ];
  test.each(cases)("%s", async (_what, codes, damage) => {
    const { code, message } = await problemOf(damaged(damage));
    expect(code).toMatch(new RegExp(`^ERR_VANER_(${codes})$`));
    expect(message.length).toBeGreaterThan(20);
  });

  test("a valid model still loads afterwards", async () => {
    await using recognizer = await Recognizer.load({ model: fixture("tiny-heads-f32") });
    expect(await recognizer.recognize("")).toEqual([]);
  });
});

describe("inspectModel", () => {
  test("reports the whole content of the header", async () => {
    const file = await inspectModel(fixture("tiny-q8_0"));
    expect(file).toMatchObject({
      architecture: "llama-embed",
      format: 1,
      heads: ["*"],
      labels: ["O", "B", "I"],
      tagging: "BIO",
      words: "letters-digits-v1",
      causal: false,
      problem: null,
    });
    expect(file.quantization.map(({ type }) => type).sort()).toEqual(["F32", "Q8_0"]);
    expect(file.quantization.reduce((sum, { tensors }) => sum + tensors, 0)).toBe(file.tensors.length);
    expect(file.size).toBe(readFileSync(fixture("tiny-q8_0")).length);
    expect(file.metadata["tokenizer.ggml.tokens"]).toMatchObject({ length: expect.any(Number) });
  });
});
