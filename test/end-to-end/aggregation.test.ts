import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { finish } from "../../lib/async/steps.js";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { trimStretch } from "../../lib/decoding/trim.js";
import { type Aggregation, type Entity, Recognizer } from "../../lib/index.js";
import { caseOf, layOut } from "../support/checkpoints.js";
import { root } from "../support/paths.js";

type Found = readonly [type: string, start: number, end: number, score: number];

interface PipelineResults {
  readonly strategies: readonly Aggregation[];
  readonly texts: readonly string[];
  /** By model: the entities of each text by each strategy, as transformers' pipeline finds them. */
  readonly entities: Readonly<Record<string, readonly (readonly (readonly Found[])[])[]>>;
}

const { strategies, texts, entities }: PipelineResults = JSON.parse(
  readFileSync(join(root, "test", "fixtures", "aggregation.json"), "utf8"),
);

/** As for other fixtures (test/fixtures/README.md), and six digits in the file. */
const tolerance = 1e-5;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-aggregation-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An entity of the pipeline without the signs at its edges, which no entity of ours has. */
function trimmed(text: string, [type, start, end, score]: Found): Found[] {
  const mention = finish(trimStretch(text, { start, end }));
  if (!/[\p{L}\p{N}]/u.test(text.slice(mention.start, mention.end))) return [];
  const whole = mention.start === start && mention.end === end;
  return [[type, mention.start, mention.end, whole ? score : Number.NaN]];
}

function check(text: string, found: readonly Entity[], wanted: readonly Found[]): number {
  const places = ([type, start, end]: Found) => [type, start, end];
  const expected = wanted.flatMap((entity) => trimmed(text, entity));
  const ours = found.map(({ type, start, end, score }): Found => [type, start, end, score]);
  expect([text, ours.map(places)]).toEqual([text, expected.map(places)]);
  const scored = expected.filter(([, , , score]) => !Number.isNaN(score));
  for (const [index, [, , , score]] of expected.entries()) {
    if (!Number.isNaN(score)) expect(Math.abs((ours[index]?.[3] ?? 0) - score)).toBeLessThan(tolerance);
  }
  return scored.length;
}

describe.each(Object.keys(entities))("the strategies of transformers' pipeline: %s", (name) => {
  let recognizer: Recognizer;
  beforeAll(async () => {
    const { heads: _, ...input } = layOut(caseOf(name), join(folder, name));
    await convertCheckpoint({ ...input, output: join(folder, `${name}.gguf`), type: "f32" });
    recognizer = await Recognizer.load({ model: join(folder, `${name}.gguf`), gpu: false });
  });
  afterAll(() => recognizer.dispose());

  test.each(strategies.map((strategy, rank) => [strategy, rank] as const))(
    "%s",
    async (aggregation, rank) => {
      const found = await recognizer.recognizeBatch(texts, { aggregation, consistency: false, lines: true });
      const scored = texts.map((text, index) =>
        check(text, found[index] ?? [], entities[name]?.[index]?.[rank] ?? []),
      );
      expect(scored.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(texts.length);
    },
  );

  test("the default is first", async () => {
    const options = { consistency: false, lines: true };
    expect(await recognizer.recognizeBatch(texts, options)).toEqual(
      await recognizer.recognizeBatch(texts, { ...options, aggregation: "first" }),
    );
  });

  test.each(strategies)(
    "%s: the same alone, in long texts, and for words that are given",
    async (aggregation) => {
      const long = texts.slice(0, 60).join(" ");
      const words = { words: ["in", "tumoritis", "cisplating-5a1", "\u200b", "xyzing".repeat(60)] };
      const inputs = [long, words, "", "\u200b", ...texts.slice(0, 5)];
      const together = await recognizer.recognizeBatch(inputs, { aggregation });
      for (const [index, input] of inputs.entries()) {
        const alone = await recognizer.recognize(input, { aggregation });
        expect(alone).toEqual(together[index]);
        const text = typeof input === "string" ? input : input.words.join(" ");
        for (const { start, end, text: mention } of alone) expect(mention).toBe(text.slice(start, end));
      }
      expect(together[0]?.length).toBeGreaterThan(1);
    },
  );
});
