import { copyFileSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { NativeModel } from "../../lib/binding/native-addon.js";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { convertAdapter } from "../../lib/convert/convert-adapter.js";
import {
  type AcceptedCase,
  acceptedCases,
  type CheckpointReference,
  layOut,
  referenceOf,
  refusedCases,
} from "../support/checkpoints.js";
import { loadNative } from "../support/native.js";

/** Largest allowed difference to a logit of PyTorch: see test/fixtures/README.md. */
const tolerance = 1e-4;

/** A case whose adapter also updates the head. */
const updatesHead = "adapter-all-linear";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-checkpoint-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a converted checkpoint computes the same as PyTorch", () => {
  test.each(acceptedCases)("$name", async (entry) => {
    const output = join(folder, "model.gguf");
    await convertCheckpoint({ ...layOut(entry, join(folder, "case")), output, type: "f32" });
    const model = await loadNative(output);
    expect(model.info).toMatchObject(entry.info);

    const reference = referenceOf(entry);
    const differences = compare(await encode(model, reference), reference, entry.info.labels.length);
    expect(differences.logit).toBeLessThanOrEqual(tolerance);
    expect(differences.labels).toBe(0);
    expect(await tokenize(model, reference)).toEqual(reference.words);
    await model.dispose();
  });
});

describe("an adapter loaded with its model computes the same as PyTorch", () => {
  const excluded = [updatesHead, "bert-lora"];
  const alone = acceptedCases.filter(({ name, adapters }) => adapters && !excluded.includes(name));

  test.each(alone)("$name", async (entry) => {
    const { adapters, checkpoint, heads, ...options } = layOut(entry, join(folder, "case"));
    const [base, adapter] = [join(folder, "base.gguf"), join(folder, "adapter.gguf")];
    const last = adapters.at(-1) as string;
    const headsOption = heads === undefined ? {} : { heads };
    const file = await convertAdapter({
      ...options,
      ...headsOption,
      adapter: last,
      base: checkpoint,
      output: adapter,
    });
    expect(file).toMatchObject({ problem: null, adapter: { type: "lora" } });
    const brings = file.heads.length > 0;
    await convertCheckpoint({
      ...options,
      checkpoint,
      adapters: adapters.slice(0, -1),
      ...(brings && { heads: false as const }),
      output: base,
      type: "f32",
    });
    const model = await loadNative(base, { adapter });
    const reference = referenceOf(entry);
    const differences = compare(await encode(model, reference), reference, entry.info.labels.length);
    expect(differences.logit).toBeLessThanOrEqual(tolerance);
    expect(differences.labels).toBe(0);
    await model.dispose();
  });
});

test("an adapter that updates a head cannot be converted separately", async () => {
  const entry = acceptedCases.find(({ name }) => name === updatesHead);
  const { adapters, checkpoint } = layOut(entry as AcceptedCase, join(folder, "case"));
  const [adapter] = adapters as [string];
  const options = { adapter, base: checkpoint, output: join(folder, "adapter.gguf") };
  await expect(convertAdapter(options)).rejects.toMatchObject({
    code: "ERR_VANER_CHECKPOINT",
    message: expect.stringContaining('"score.weight"'),
  });
  expect(readdirSync(folder)).toEqual(["case"]);
});

test("an adapter in the place of a checkpoint is named as such", async () => {
  const entry = acceptedCases.find(({ name }) => name === updatesHead);
  const { adapters, checkpoint: base } = layOut(entry as AcceptedCase, join(folder, "case"));
  const [checkpoint] = adapters as [string];
  const refused = async () =>
    expect(convertCheckpoint({ checkpoint, output: join(folder, "model.gguf") })).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining("is an adapter, not a checkpoint"),
    });
  await refused();
  copyFileSync(join(base, "config.json"), join(checkpoint, "config.json"));
  await refused();
});

describe("a checkpoint that cannot be converted: the error names the cause, and no file is left", () => {
  test.each(refusedCases)("$name: $refusal", async (entry) => {
    const options = layOut(entry, join(folder, "case"));
    const output = join(folder, "model.gguf");
    const before = readdirSync(folder);
    await expect(convertCheckpoint({ ...options, output, type: "f32" })).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringMatching(new RegExp(entry.refusal)),
    });
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe("an output that is one of the files to convert is refused, and the file stays as it is", () => {
  const entry = acceptedCases.find(({ name }) => name === "vaner") as AcceptedCase;
  const ways: readonly (readonly [name: string, link: (file: string, output: string) => void])[] = [
    ["a hard link", (file, output) => linkSync(file, output)],
    // Windows lets only administrators make these.
    ...(process.platform === "win32" ? [] : [["a symbolic link", symlinkSync] as const]),
  ];

  test.each(["checkpoint", "base"] as const)("%s", async (role) => {
    const { checkpoint, adapters } = layOut(entry, join(folder, "case"));
    const [adapter = ""] = adapters;
    const convert = (output: string) =>
      role === "checkpoint"
        ? convertCheckpoint({ checkpoint, adapters, output })
        : convertAdapter({ adapter, base: checkpoint, output });
    const files = [checkpoint, ...adapters].flatMap((place) =>
      readdirSync(place).map((name) => join(place, name)),
    );
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      const before = readFileSync(file);
      const refusal = {
        code: "ERR_VANER_INVALID_ARGUMENT",
        message: expect.stringContaining("also an input"),
      };
      await expect(convert(file)).rejects.toMatchObject(refusal);
      for (const [name, link] of ways) {
        const output = join(folder, name);
        link(file, output);
        await expect(convert(output)).rejects.toMatchObject(refusal);
        rmSync(output);
      }
      expect(readFileSync(file).equals(before)).toBe(true);
    }
  });

  test("an earlier conversion beside them is replaced", async () => {
    const { checkpoint, adapters } = layOut(entry, join(folder, "case"));
    const output = join(checkpoint, "model.gguf");
    await convertCheckpoint({ checkpoint, adapters, output });
    await convertCheckpoint({ checkpoint, adapters, output });
  });
});

function encode(model: NativeModel, { sequences }: CheckpointReference): Promise<Float32Array> {
  const offsets = [0];
  for (const { length } of sequences) offsets.push((offsets.at(-1) as number) + length);
  const tokens = Int32Array.from(sequences.flat());
  return model.encode(tokens, Uint32Array.from(offsets), new Uint32Array(), Uint32Array.from(tokens.keys()))
    .promise;
}

async function tokenize(model: NativeModel, { words }: CheckpointReference): Promise<[string, number[]][]> {
  const text = words.map(([word]) => word).join("\n");
  const bounds: number[] = [];
  for (const [word] of words) {
    const start = bounds.length === 0 ? 0 : (bounds.at(-1) as number) + 1;
    bounds.push(start, start + word.length);
  }
  const { tokens, offsets } = await model.tokenize(text, Uint32Array.from(bounds)).promise;
  return words.map(([word], index) => [word, [...tokens.subarray(offsets[index], offsets[index + 1])]]);
}

/**
 * Probabilities determine logits up to a constant per head, so logits are compared relative to the head's first one.
 * @returns the largest difference, and the number of tokens and heads whose best label differs
 */
function compare(
  probabilities: Float32Array,
  { logits }: CheckpointReference,
  labelCount: number,
): { logit: number; labels: number } {
  const expected = logits.flat(2);
  expect(probabilities).toHaveLength(expected.length);
  const worst = { logit: 0, labels: 0 };
  for (let at = 0; at < expected.length; at += labelCount) {
    const wanted = expected.slice(at, at + labelCount);
    const found = [...probabilities.subarray(at, at + labelCount)].map(Math.log);
    for (let label = 1; label < labelCount; label++) {
      const difference = (values: number[]) => (values[label] as number) - (values[0] as number);
      worst.logit = Math.max(worst.logit, Math.abs(difference(found) - difference(wanted)));
    }
    if (indexOfBest(found) !== indexOfBest(wanted)) worst.labels++;
  }
  return worst;
}

function indexOfBest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
