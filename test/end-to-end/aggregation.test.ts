import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { finish } from "../../lib/async/steps.js";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { trimStretch, wordEdges } from "../../lib/decoding/trim.js";
import { type Aggregation, type Entity, Recognizer } from "../../lib/index.js";
import { expectTheSameAlone } from "../support/alone.js";
import { caseOf, layOut } from "../support/checkpoints.js";
import { root } from "../support/paths.js";

type Found = readonly [type: string, start: number, end: number, score: number];

interface PipelineResults {
  readonly strategies: readonly Aggregation[];
  /** By model: texts, each with its entities by each strategy, as transformers' pipeline finds them. */
  readonly models: Readonly<Record<string, readonly (readonly [text: string, ...(readonly Found[])[]])[]>>;
}

const { strategies, models }: PipelineResults = JSON.parse(
  readFileSync(join(root, "test", "fixtures", "aggregation.json"), "utf8"),
);

/** As for other fixtures (test/fixtures/README.md), and five digits in the file. */
const tolerance = 2e-5;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-aggregation-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An entity of the pipeline without the signs at its edges, which no entity of ours has. */
function trimmed(text: string, [type, start, end, score]: Found): Found[] {
  const mention = finish(trimStretch(text, { start, end }, wordEdges));
  if (!/[\p{L}\p{N}]/u.test(text.slice(mention.start, mention.end))) return [];
  const whole = mention.start === start && mention.end === end;
  return [[type, mention.start, mention.end, whole ? score : Number.NaN]];
}

/** Entities of the pipeline that share no character with an earlier one of their type. */
function apart(found: readonly Found[]): Found[] {
  const ends = new Map<string, number>();
  return found.flatMap(([type, start, end, score]): Found[] => {
    const from = Math.max(start, ends.get(type) ?? 0);
    ends.set(type, Math.max(end, from));
    return from < end ? [[type, from, end, score]] : [];
  });
}

function check(text: string, found: readonly Entity[], wanted: readonly Found[]): number {
  const places = ([type, start, end]: Found) => [type, start, end];
  const expected = apart(wanted)
    .flatMap((entity) => trimmed(text, entity))
    .sort((a, b) => a[1] - b[1] || a[2] - b[2] || (a[0] < b[0] ? -1 : 1));
  const ours = found.map(({ type, start, end, score }): Found => [type, start, end, score]);
  expect([text, ours.map(places)]).toEqual([text, expected.map(places)]);
  const scored = expected.filter(([, , , score]) => !Number.isNaN(score));
  for (const [index, [, , , score]] of expected.entries()) {
    if (!Number.isNaN(score)) expect(Math.abs((ours[index]?.[3] ?? 0) - score)).toBeLessThan(tolerance);
  }
  return scored.length;
}

describe.each(Object.entries(models))("the strategies of transformers' pipeline: %s", (name, results) => {
  const texts = results.map(([text]) => text);
  let recognizer: Recognizer;
  /** Its products of 8-bit integers are the same bits in any batch. */
  let exact: Recognizer;
  beforeAll(async () => {
    const { heads: _, ...input } = layOut(caseOf(name), join(folder, name));
    await convertCheckpoint({ ...input, output: join(folder, `${name}.gguf`), type: "f32" });
    const model = join(folder, `${name}.gguf`);
    recognizer = await Recognizer.load({ model, gpu: false });
    exact = await Recognizer.load({ model, gpu: false, int8: true });
  });
  afterAll(() => Promise.all([recognizer.dispose(), exact.dispose()]));

  async function compare(aggregation: Aggregation | undefined, rank: number): Promise<void> {
    const found = await recognizer.recognizeBatch(texts, { aggregation, consistency: false, lines: true });
    const scored = results.map(([text, ...byStrategy], index) =>
      check(text, found[index] ?? [], byStrategy[rank] ?? []),
    );
    expect(scored.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(texts.length);
  }

  test.each(strategies.map((strategy, rank) => [strategy, rank] as const))("%s", compare);

  test("the default is first", () => compare(undefined, strategies.indexOf("first")));

  test.each(strategies)(
    "%s: the same alone, in long texts, and for words that are given",
    async (aggregation) => {
      const long = texts.slice(0, 60).join(" ");
      const words = { words: ["in", "tumoritis", "cisplating-5a1", "\u200b", "xyzing".repeat(60)] };
      const inputs = [long, words, "", "\u200b", ...texts.slice(0, 5)];
      const together = await expectTheSameAlone(exact, inputs, { aggregation });
      expect(together[0]?.length).toBeGreaterThan(1);
    },
  );
});
