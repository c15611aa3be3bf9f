import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { evaluate } from "../../lib/evaluation/evaluate.js";
import { type Entity, inspectModel, Recognizer } from "../../lib/index.js";
import { GgufEditor } from "../support/gguf.js";
import { fixture } from "../support/paths.js";

const passageTokens = 120;
const sentences = ["Aspirin can cause asthma .", "So can other salicylates , as we found .", "None died ."];
const text = sentences.join(" ");

let folder: string;
let alone: Recognizer;
let together: Recognizer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vaner-"));
  const file = new GgufEditor(fixture("tiny-f32"));
  file.setU32("vaner.format", 3).setU32("vaner.passage.max_tokens", passageTokens);
  const path = join(folder, "passages.gguf");
  writeFileSync(path, file.toBytes());
  alone = await Recognizer.load({ model: fixture("tiny-f32") });
  together = await Recognizer.load({ model: path });
});
afterAll(async () => {
  await Promise.all([alone.dispose(), together.dispose()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Where the words of a text have which probability: independent of how entities are cut. */
const scores = (entities: readonly Entity[]) => entities.map(({ start, score }) => [start, score] as const);

describe("a model that reads passages", () => {
  test("says so", async () => {
    expect(alone.info.passageTokens).toBe(0);
    expect(together.info.passageTokens).toBe(passageTokens);
    expect(await inspectModel(join(folder, "passages.gguf"))).toMatchObject({ format: 3, passageTokens });
    expect((await inspectModel(fixture("tiny-f32"))).passageTokens).toBeNull();
  });

  test("reads consecutive sentences as one sequence, and ends entities with their sentences", async () => {
    // One sentence of the same words is the same sequence.
    const asOne = await alone.recognize({ words: text.split(" ") });
    const found = await together.recognize(text);
    expect(found).not.toEqual(await alone.recognize(text));
    const ends = sentences.map((_, index) => sentences.slice(0, index + 1).join(" ").length);
    for (const { sentence, start, end } of found) {
      expect(start).toBeGreaterThanOrEqual(sentence === 0 ? 0 : (ends[sentence - 1] as number));
      expect(end).toBeLessThanOrEqual(ends[sentence] as number);
    }
    // Entities within a sentence are the same, with the same scores.
    const inside = asOne.filter(({ start, end }) => ends.every((border) => end <= border || start >= border));
    expect(inside.length).toBeGreaterThan(0);
    expect(scores(found)).toEqual(expect.arrayContaining(scores(inside)));
  });

  test("is evaluated on sentences in their context, or alone", async () => {
    const words = sentences.map((sentence) => sentence.split(" "));
    const types = [...together.types];
    const inContext = await together.recognize({ sentences: words }, { types });
    // What is found is the gold standard, so that every entity has to come back in its place.
    const corpus = words.map((own, index) => {
      const start = words.slice(0, index).flat().join(" ").length + (index > 0 ? 1 : 0);
      const entities = inContext
        .filter(({ sentence }) => sentence === index)
        .map((entity) => ({ type: entity.type, start: entity.start - start, end: entity.end - start }));
      return { name: "", text: own.join(" "), words: own, continues: index > 0, entities };
    });
    const read = async function* () {
      yield* corpus;
    };
    const all = { support: inContext.length, predicted: inContext.length, correct: inContext.length };
    expect(inContext.length).toBeGreaterThan(3);
    expect(await evaluate(together, read(), { types, context: true })).toMatchObject({
      ...all,
      sentences: 3,
    });
    const apart = await together.recognizeBatch(
      words.map((own) => ({ words: own })),
      { types },
    );
    const predicted = apart.flat().length;
    expect(await evaluate(together, read(), { types })).toMatchObject({ predicted });
    expect(await evaluate(alone, read(), { types, context: true })).toMatchObject({
      predicted,
      sentences: 3,
    });
  });

  test("gives the same result for a text in a batch and alone", async () => {
    const texts = [text, `${text} ${text}`, "Asthma.", Array(12).fill(text).join(" ")];
    const batch = await together.recognizeBatch(texts);
    expect(batch.flat().length).toBeGreaterThan(10);
    for (const [index, own] of texts.entries()) expect(await together.recognize(own)).toEqual(batch[index]);
  });
});
