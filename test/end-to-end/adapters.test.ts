import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { loadAddon } from "../../lib/binding/loader.js";
import { inspectModel, Recognizer } from "../../lib/index.js";
import { abstracts } from "../support/abstracts.js";
import { rounded } from "../support/entities.js";
import { failureOf } from "../support/failure.js";
import { GgufEditor } from "../support/gguf.js";
import { nativeOptions } from "../support/native.js";
import { adapterFixture, fixture } from "../support/paths.js";
import { encode, referenceOf, worstError } from "../support/reference.js";

let folder: string;
/** A copy of tiny-f32 that no other test has loaded. */
let model: string;
/** The same model without heads. */
let headless: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-"));
  model = join(folder, "base ü.gguf");
  copyFileSync(fixture("tiny-f32"), model);
  headless = join(folder, "headless.gguf");
  writeFileSync(headless, new GgufEditor(model).removeHeads().toBytes());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = abstracts.join(" ");

describe("a model with an adapter", () => {
  // The reference is the merged model. Tolerances: test/fixtures/README.md.
  test.each([
    ["tiny-f32", "tiny-qv", 5e-6],
    ["tiny-f32", "tiny-all", 5e-6],
    ["tiny-f32", "tiny-own-heads", 5e-6],
    ["tiny-q8_0", "tiny-all-f16", 4e-2],
  ])("%s with %s gives the reference's probabilities to within %d", async (base, adapter, allowed) => {
    const reference = referenceOf(adapterFixture(adapter));
    const options = { ...nativeOptions, threads: 2, mmap: true };
    const native = await loadAddon().load(
      fixture(base),
      { ...options, adapter: adapterFixture(adapter) },
      null,
    ).promise;
    expect(worstError(await encode(native, reference), reference)).toBeLessThanOrEqual(allowed);
    expect(native.info).toMatchObject({ heads: reference.heads, labels: reference.labels, adapter });
    await native.dispose();
  });

  test("reports the adapter's name and, if it has its own heads, its task", async () => {
    await using plain = await Recognizer.load({ model });
    await using tuned = await Recognizer.load({ model, adapter: pathToFileURL(adapterFixture("tiny-qv")) });
    await using other = await Recognizer.load({ model, adapter: adapterFixture("tiny-own-heads") });
    expect(plain.info).toMatchObject({ name: "tiny-f32", adapter: null });
    expect(tuned.info).toEqual({
      ...plain.info,
      adapter: "tiny-qv",
      parameterCount: tuned.info.parameterCount,
    });
    expect(tuned.info.parameterCount).toBe(
      plain.info.parameterCount + 2 * 4 * (64 + 64 + 64 + 32), // layers, rank, attn_q and attn_v
    );
    expect(tuned.types).toEqual(plain.types);
    expect(other.info).toMatchObject({ name: "tiny-f32", adapter: "tiny-own-heads", causal: true });
    expect(other.types).toEqual(["Gene", "Species"]);
  });

  test("a base without heads needs an adapter with heads", async () => {
    for (const options of [{ model: headless }, { model: headless, adapter: adapterFixture("tiny-qv") }]) {
      expect(await failureOf(Recognizer.load(options))).toMatchObject({
        code: "ERR_VANER_MODEL_HEAD",
        message: expect.stringMatching(/without heads.*adapter/),
      });
    }
    expect((await inspectModel(headless)).problem).toMatchObject({ code: "ERR_VANER_MODEL_HEAD" });
    await using recognizer = await Recognizer.load({
      model: headless,
      adapter: adapterFixture("tiny-own-heads"),
    });
    await using same = await Recognizer.load({ model, adapter: adapterFixture("tiny-own-heads") });
    expect(await recognizer.recognize(text)).toEqual(rounded(await same.recognize(text)));
  });
});

describe("an unusable adapter file is rejected", () => {
  function damaged(damage: (file: GgufEditor) => unknown): string {
    const file = new GgufEditor(adapterFixture("tiny-own-heads"));
    damage(file);
    const path = join(folder, "damaged.gguf");
    writeFileSync(path, file.toBytes());
    return path;
  }

  const a = "blk.0.attn_q.weight.lora_a";
  const cases: [string, string, (file: GgufEditor) => unknown][] = [
    ["a model", "MODEL_ARCHITECTURE", (file) => file.remove("general.type")],
    ["a control vector", "MODEL_ARCHITECTURE", (file) => file.setString("adapter.type", "controlvector")],
    ["another architecture", "MODEL_ARCHITECTURE", (file) => file.setString("general.architecture", "llama")],
    ["half a pair", "MODEL_CORRUPT", (file) => file.removeTensor(a)],
    [
      "ranks that differ",
      "MODEL_CORRUPT",
      (file) => Object.assign(file.tensor(a), { shape: [64, 2], data: file.tensor(a).data.subarray(0, 512) }),
    ],
    [
      "a shape that is not the model's",
      "MODEL_ARCHITECTURE",
      (file) => Object.assign(file.tensor(a), { shape: [32, 4], data: file.tensor(a).data.subarray(0, 512) }),
    ],
    [
      "a matrix that the model does not have",
      "MODEL_ARCHITECTURE",
      (file) => {
        for (const half of ["lora_a", "lora_b"]) {
          file.tensor(`blk.1.attn_v.weight.${half}`).name = `blk.9.attn_v.weight.${half}`;
        }
      },
    ],
    ["an unknown tensor", "MODEL_ARCHITECTURE", (file) => Object.assign(file.tensor(a), { name: "other" })],
    [
      "the same tensor twice",
      "MODEL_CORRUPT",
      (file) => Object.assign(file.tensor(a), { name: "blk.1.attn_q.weight.lora_a" }),
    ],
    ["an alpha that is NaN", "MODEL_FORMAT", (file) => file.setF32("adapter.lora.alpha", Number.NaN)],
    ["NaN in the weights", "MODEL_WEIGHTS", (file) => file.fill(a, Number.NaN)],
    ["a head that is missing", "MODEL_HEAD", (file) => file.removeTensor("cls.output.1.weight")],
    ["a format of the future", "MODEL_FORMAT", (file) => file.setU32("vaner.format", 6)],
  ];
  test.each(cases)("%s", async (_what, codes, damage) => {
    const { code, message } = await failureOf(Recognizer.load({ model, adapter: damaged(damage) }));
    expect(code).toMatch(new RegExp(`^ERR_VANER_(${codes})$`));
    expect(message.length).toBeGreaterThan(20);
  });

  test("model and adapter swapped", async () => {
    const adapter = adapterFixture("tiny-qv");
    expect(await failureOf(Recognizer.load({ model, adapter: model }))).toMatchObject({
      code: "ERR_VANER_MODEL_ARCHITECTURE",
      message: expect.stringContaining("not an adapter"),
    });
    expect(await failureOf(Recognizer.load({ model: adapter }))).toMatchObject({
      code: "ERR_VANER_MODEL_ARCHITECTURE",
      message: expect.stringContaining("is an adapter"),
    });
    expect(await failureOf(Recognizer.load({ model, adapter: join(folder, "missing.gguf") }))).toMatchObject({
      code: "ERR_VANER_MODEL_NOT_FOUND",
      message: expect.stringContaining("adapter"),
    });
  });

  test("changed, removed or inserted bytes: works or throws a VanerError", async () => {
    await using _base = await Recognizer.load({ model, threads: 1 });
    const bytes = readFileSync(adapterFixture("tiny-own-heads"));
    const header = bytes.indexOf("cls.output.1.bias") + 64;
    const change = fc.record({
      at: fc.oneof(fc.nat(header), fc.nat(bytes.length)),
      remove: fc.oneof(fc.constant(0), fc.nat(16), fc.nat(bytes.length)),
      put: fc.uint8Array({ maxLength: 16 }),
    });
    const path = join(folder, "mutated.gguf");
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let mutated = bytes;
        for (const { at, remove, put } of changes) {
          mutated = Buffer.concat([mutated.subarray(0, at), put, mutated.subarray(at + remove)]);
        }
        writeFileSync(path, mutated);
        try {
          await using recognizer = await Recognizer.load({ model, adapter: path, threads: 1 });
          await recognizer.recognize("Aspirin can cause asthma.");
        } catch (error) {
          expect(error).toMatchObject({
            name: "VanerError",
            code: expect.stringMatching(/^ERR_VANER_MODEL_/),
          });
        }
        await inspectModel(path).catch((error) => expect(error.name).toBe("VanerError"));
      }),
      { numRuns: 300 },
    );
  });
});

describe("inspectModel of an adapter", () => {
  test("reports its pairs and heads", async () => {
    expect(await inspectModel(adapterFixture("tiny-all"))).toMatchObject({
      architecture: "llama-embed",
      name: "tiny-all",
      adapter: { type: "lora", alpha: 3, ranks: [2, 4, 7], matrices: 14 },
      format: null,
      heads: [],
      problem: null,
    });
    expect(await inspectModel(adapterFixture("tiny-own-heads"))).toMatchObject({
      adapter: { type: "lora", alpha: 8, ranks: [4], matrices: 4 },
      heads: ["Gene", "Species"],
      labels: ["O", "I", "B"],
      template: "Extract all entities from the input. ##input: ",
      problem: null,
    });
    expect((await inspectModel(model)).adapter).toBeNull();
  });

  test("reports why no model could load it", async () => {
    const file = new GgufEditor(adapterFixture("tiny-qv")).removeTensor("blk.0.attn_q.weight.lora_b");
    const path = join(folder, "half.gguf");
    writeFileSync(path, file.toBytes());
    expect((await inspectModel(path)).problem).toMatchObject({ code: "ERR_VANER_MODEL_CORRUPT" });
  });
});
