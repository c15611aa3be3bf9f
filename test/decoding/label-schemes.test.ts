import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { finish } from "../../lib/async/steps.js";
import { type HeadLabels, readLabels } from "../../lib/convert/heads/labels.js";
import { decodeEntities, type Entity } from "../../lib/decoding/entities.js";
import { Predictions } from "../../lib/decoding/labels.js";
import { LabelScheme } from "../../lib/decoding/scheme.js";
import { decodeTokenEntities } from "../../lib/decoding/token-entities.js";
import { segment } from "../../lib/text/segment.js";
import { root } from "../support/paths.js";

/** Labels of a checkpoint, and sequences of their rows with what seqeval and transformers find. */
interface Scheme {
  readonly name: string;
  readonly labels: readonly string[];
  readonly sequences: readonly {
    readonly rows: readonly number[];
    readonly scores: readonly number[];
    readonly seqeval: readonly [type: string, first: number, last: number][];
    readonly transformers?: readonly [type: string, first: number, last: number, score: number][];
  }[];
}

const path = join(root, "test", "fixtures", "label-schemes.json");
const schemes: readonly Scheme[] = JSON.parse(readFileSync(path, "utf8"));

function schemeOf({ labels, tagging, type = "*" }: HeadLabels) {
  const scheme = new LabelScheme({ heads: [type], labels, tagging });
  return { scheme, types: type === "+" ? scheme.types : [type] };
}

/** Entities of all types as [type, first word, last word, score]; every word is `w` and a space. */
function places(perType: readonly (readonly Entity[])[]) {
  return perType
    .flat()
    .sort((a, b) => a.start - b.start)
    .map(({ type, start, end, score }) => [type, start / 2, (end - 1) / 2, score]);
}

function predictionsOf({ rows, scores }: Scheme["sequences"][number], outside: number): Predictions {
  const found = new Predictions(rows.length, outside);
  found.labels.set(rows);
  found.probabilities.set(scores);
  return found;
}

describe.each(schemes)("$name: $labels", ({ labels, sequences }) => {
  const read = readLabels({ given: labels }, labels.length, "config.json");
  const { scheme, types } = schemeOf(read);
  const rounded = (score: number) => expect.closeTo(score, 5);

  test("words: as seqeval and transformers decode them, with transformers' scores", () => {
    for (const sequence of sequences) {
      const text = "w ".repeat(sequence.rows.length);
      const input = segment(text, undefined, false);
      const found = predictionsOf(sequence, scheme.outside);
      const entities = places(
        types.map((type) => finish(decodeEntities(type, input, found, scheme.tagsOf(type)))),
      );
      expect(entities.map(([type, first, last]) => [type, first, last])).toEqual(sequence.seqeval);
      const { transformers } = sequence;
      if (!transformers) continue;
      expect(entities).toEqual(
        transformers.map(([type, first, last, score]) => [type, first, last, rounded(score)]),
      );
    }
  });

  test("tokens: the same, if the labels name types", () => {
    const tokens = readLabels(
      { given: labels, entityType: types.length === 1 ? types[0] : undefined, tagTokens: true },
      labels.length,
      "config.json",
    );
    expect(tokens.type).toBe("+");
    const { scheme } = schemeOf(tokens);
    for (const sequence of sequences) {
      const text = "w ".repeat(sequence.rows.length);
      const starts = Uint32Array.from({ length: sequence.rows.length + 1 }, (_, token) => 2 * token);
      const found = predictionsOf(sequence, scheme.outside);
      const entities = scheme.types.map((type) =>
        finish(
          decodeTokenEntities(
            type,
            { text, starts, sentences: [0] },
            found,
            scheme.tagsOf(type),
            scheme.openingTokens,
          ),
        ),
      );
      expect(places(entities).map(([type, first, last]) => [type, first, last])).toEqual(sequence.seqeval);
    }
  });
});

describe("LabelScheme", () => {
  test("sees labels from one type", () => {
    const labels = ["B-Gene", "O", "I-Drug", "S-Gene", "O"];
    const scheme = new LabelScheme({ heads: ["+"], labels, tagging: "BIOES" });
    expect(scheme.types).toEqual(["Gene", "Drug"]);
    expect(scheme.outside).toBe(1);
    expect(scheme.tagsOf("Gene")).toEqual(["B", "O", "O", "S", "O"]);
    expect(scheme.tagsOf("Drug")).toEqual(["O", "O", "I", "O", "O"]);
  });

  test("labels without types are those of every type", () => {
    const scheme = new LabelScheme({ heads: ["Gene", "Drug"], labels: ["O", "I", "B"], tagging: "BIO" });
    expect(scheme.types).toEqual([]);
    expect(scheme.tagsOf("Drug")).toEqual(["O", "I", "B"]);
  });

  test.each(["Gene", "B", "B-", "O-Gene", "X-Gene"])("refuses the typed label %j", (label) => {
    const info = { heads: ["+"], labels: ["O", label], tagging: "BIO" } as const;
    expect(() => new LabelScheme(info)).toThrow(expect.objectContaining({ code: "ERR_VANER_MODEL_FORMAT" }));
  });
});
