import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { annotate } from "../../lib/documents/annotate.js";
import { type Document, mentionOf, type Passage } from "../../lib/documents/document.js";
import { Recognizer } from "../../lib/index.js";

let recognizer: Recognizer;
beforeAll(async () => {
  recognizer = await Recognizer.load();
});
afterAll(() => recognizer.dispose());

const passage = (text: string): Passage => ({ type: "", text, annotations: [] });

async function annotated(documents: readonly Document[]) {
  const found: (readonly string[])[] = [];
  for await (const { id, passages } of annotate(recognizer, documents, { types: ["Disease"] })) {
    for (const each of passages) found.push([id, ...each.annotations.map((added) => mentionOf(each, added))]);
  }
  return found;
}

test("entities get to their passages, and abbreviations of one are known in the others", async () => {
  const documents = [
    {
      id: "1",
      passages: [
        passage("Progressive external ophthalmoplegia (PEO)"),
        passage(""),
        passage("Patients with PEO and asthma 💊."),
      ],
    },
    { id: "2", passages: [] },
    { id: "3", passages: [passage("No disease here.")] },
  ];
  expect(await annotated(documents)).toEqual([
    ["1", "Progressive external ophthalmoplegia", "PEO"],
    ["1"],
    ["1", "PEO", "asthma"],
    ["3"],
  ]);
});

test("passages of words keep their words", async () => {
  const sentences = [
    ["He", "has", "asthma", "."],
    ["No", "gout", "."],
  ];
  const words = (part: string[][]): Passage => ({
    ...passage(part.flat().join(" ")),
    sentences: part,
  });
  const documents = [
    { id: "1", passages: [words(sentences.slice(0, 1)), words([]), words(sentences.slice(1))] },
  ];
  expect(await annotated(documents)).toEqual([["1", "asthma"], ["1"], ["1", "gout"]]);
});
