import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { Predictions, type Tag } from "../../lib/decoding/labels.js";
import { decodeTokenEntities, type TokenizedText } from "../../lib/decoding/token-entities.js";
import { segment } from "../../lib/text/segment.js";
import { oddText } from "../support/odd-text.js";

const tags: readonly Tag[] = ["O", "I", "B", "E"];

/** A text split into these tokens. */
function tokenized(pieces: readonly string[], words?: readonly string[]): TokenizedText {
  const text = pieces.join("");
  const starts = Uint32Array.from([...pieces, ""], (_, token) => pieces.slice(0, token).join("").length);
  const { bounds, sentences, cuts } = segment(text, words && { words, sentences: [0, words.length] });
  const startOf = (word: number) => bounds[2 * word] as number;
  return {
    text,
    starts,
    sentences: sentences.slice(0, -1).map(startOf),
    borders: sentences.filter((word) => cuts?.[word - 1] === 1).map(startOf),
    ...(words && { words: bounds }),
  };
}

function decode(input: TokenizedText, labels: string, score: (token: number) => number = () => 1) {
  const predictions = new Predictions(input.starts.length - 1, 0);
  for (const [token, tag] of [...labels].entries()) {
    predictions.labels[token] = tags.indexOf(tag as Tag);
    predictions.probabilities[token] = score(token);
  }
  return finish(decodeTokenEntities("Disease", input, predictions, tags));
}

/**
 * Token runs by VANER2's `bio2brat`, ported unchanged: [first token, token after the last].
 */
function bio2brat(labels: readonly Tag[], bioe: boolean): [number, number][] {
  const padded: Tag[] = [...labels, "O"];
  const found: [number, number][] = [];
  let open: number | undefined;
  for (const [at, tag] of padded.entries()) {
    if (open !== undefined) {
      const end = bioe && tag === "E" ? at + 1 : tag === "O" || tag === "B" ? at : undefined;
      if (end !== undefined && end < padded.length) {
        found.push([open, end]);
        open = undefined;
      }
    }
    if (tag === "B") open = at;
  }
  return found;
}

describe("decodeTokenEntities", () => {
  test.each([
    ["OOO", []],
    ["BIO", ["a b"]],
    ["BBB", ["a", "b", "c"]],
    ["BIE", ["a b c"]],
    ["BEI", ["a b"]],
    ["IEB", ["c"]],
    ["OIO", []],
  ])("%s", (labels, texts) => {
    expect(decode(tokenized(["a", " b", " c"]), labels).map(({ text }) => text)).toEqual(texts);
  });

  test("an entity spans its tokens, without outer spaces, punctuation and unmatched brackets", () => {
    const input = tokenized(["Rare", ".", " (", "asth", "ma", " old", ")."]);
    const expected = { type: "Disease", text: "asthma", start: 7, end: 13, score: 0.75, sentence: 0 };
    expect(decode(input, "OOBIEOO", (token) => (token === 3 ? 0.25 : 1))).toEqual([expected]);
  });

  test("an entity belongs to the sentence in which it starts, and may reach into the next one", () => {
    const input = tokenized(["Fine", ".", " Asthma", ".", " Bad", " cold"]);
    expect(decode(input, "BOBIIO").map(({ text, sentence }) => [text, sentence])).toEqual([
      ["Fine", 0],
      ["Asthma. Bad", 1],
    ]);
  });

  test("where tokens share a character, the entity ends at the start of the next token's character", () => {
    const input: TokenizedText = {
      text: "𠮷x",
      starts: Uint32Array.of(0, 0, 0, 2, 3),
      sentences: [0],
    };
    expect(decode(input, "BIIO").map(({ text }) => text)).toEqual(["𠮷"]);
    expect(decode(input, "OOBI").map(({ text }) => text)).toEqual(["𠮷x"]);
    expect(decode(input, "BOOO")).toEqual([]);
  });

  test("given words, an entity grows to whole words, and a word belongs to one entity only", () => {
    const words = ["non-small", "cell", "(lung)", "cancer"];
    const input = tokenized(["non", "-small", " cell", " (", "lung", ")", " can", "cer"], words);
    expect(decode(input, "OBIOOOOO").map(({ text }) => text)).toEqual(["non-small cell"]);
    expect(decode(input, "BBIOOOOO").map(({ text }) => text)).toEqual(["non-small", "cell"]);
    expect(decode(input, "OOOOBOBO").map(({ text }) => text)).toEqual(["(lung)", "cancer"]);
    expect(decode(input, "OOOOOOBB").map(({ text }) => text)).toEqual(["cancer"]);
  });

  test("runs equal those of VANER2's code for any labels", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tags), { maxLength: 12 }), (labels) => {
        const found = decode(tokenized(labels.map((_, token) => ` w${token}`)), labels.join(""));
        const runs = found.map(({ text }) => text.split(" ").map((word) => Number(word.slice(1))));
        expect(runs.map((tokens) => [tokens[0], (tokens.at(-1) as number) + 1])).toEqual(
          bio2brat(labels, true),
        );
      }),
      { numRuns: 2000 },
    );
  });

  test("offsets are exact, ordered and trimmed for any text split anywhere", () => {
    const cuts = fc.infiniteStream(fc.integer({ min: 0, max: 5 }));
    const labels = fc.infiniteStream(fc.constantFrom(...tags));
    fc.assert(
      fc.property(oddText(), cuts, labels, (text, lengths, stream) => {
        const points = [...text];
        const pieces: string[] = [];
        for (const length of lengths) {
          if (points.length === 0) break;
          pieces.push(points.splice(0, length).join(""));
        }
        const input = tokenized(pieces);
        expect(input.text).toBe(text);
        let last = 0;
        for (const entity of decode(input, [...stream.take(pieces.length)].join(""))) {
          const { start, end, text: mention, sentence } = entity;
          expect(mention).toBe(text.slice(start, end));
          expect(mention).toMatch(/^[^\s,.-](.*[^\s,.-])?$/su);
          expect(start).toBeGreaterThanOrEqual(last);
          expect(sentence).toBe(input.sentences.filter((first) => first <= start).length - 1);
          last = end;
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("borders of the layout", () => {
  test("an entity that reaches across lines, cells or a blank line is one for each part", () => {
    const input = tokenized(["aspirin", "\n", "met", "formin", "\t", "hepa", "rin", "\n\n", "zinc"]);
    const found = decode(input, "BIIIIIIII", (token) => token / 10);
    expect(found.map(({ text, start, sentence }) => [text, start, sentence])).toEqual([
      ["aspirin", 0, 0],
      ["metformin", 8, 1],
      ["heparin", 18, 2],
      ["zinc", 27, 3],
    ]);
    // Means over the tokens of each part, white space before the border included.
    expect(found.map(({ score }) => score.toFixed(2))).toEqual(["0.05", "0.30", "0.60", "0.80"]);
  });

  test("a token that holds the end of a line and the start of the next belongs to both", () => {
    const found = decode(tokenized(["aspi", "rin\nmet", "formin"]), "BII");
    expect(found.map(({ text }) => text)).toEqual(["aspirin", "metformin"]);
  });
});
