import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { VanerError } from "../../lib/errors.js";
import type { GoldText } from "../../lib/evaluation/corpus.js";
import { type CorpusOptions, openCorpus } from "../../lib/evaluation/open.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-corpus-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
async function read(content: string, options: Partial<CorpusOptions> = {}): Promise<GoldText[]> {
  const path = join(folder, `${files++}.txt`);
  writeFileSync(path, content);
  const texts: GoldText[] = [];
  for await (const text of openCorpus(path, { types: ["Disease"], ...options })) texts.push(text);
  return texts;
}

const mentions = ({ text, entities }: GoldText) =>
  entities.map(({ type, start, end }) => `${type}: ${text.slice(start, end)}`);

describe("CoNLL", () => {
  const two = "Breast\tB-Disease\ncancer\tI-Disease\n.\tO\n\nNo\tO\nα-chain\tO\n";

  it("reads sentences with their words and entities", async () => {
    const texts = await read(two);
    expect(texts.map(({ words }) => words)).toEqual([
      ["Breast", "cancer", "."],
      ["No", "α-chain"],
    ]);
    expect(texts.map(mentions)).toEqual([["Disease: Breast cancer"], []]);
  });

  it("says which sentences continue the one before", async () => {
    const texts = await read(`${two}\n-DOCSTART- -X- O\n\nNone\tO\n\n\nDied\tO\n`);
    expect(texts.map(({ continues }) => continues)).toEqual([false, true, false, true]);
  });

  it("accepts CRLF, spaces, a BOM, extra columns, document marks and no final newline", async () => {
    const odd =
      "\uFEFF-DOCSTART- O\r\n\r\nBreast NN x B-Disease\r\ncancer NN x I-Disease\r\n\r\n\r\nasthma NN x B";
    expect((await read(odd)).map(mentions)).toEqual([["Disease: Breast cancer"], ["Disease: asthma"]]);
  });

  it("skips other types, and stops at the limit", async () => {
    expect((await read("iron\tB-Chemical\nlung\tI-Disease\n")).map(mentions)).toEqual([["Disease: lung"]]);
    expect(await read(two, { limit: 1 })).toHaveLength(1);
  });

  it("finds nothing in an empty file", async () => expect(await read("\n\n")).toEqual([]));

  it.each([
    ["one column", "Breast\tB-Disease\ncancer\n", "Line 2"],
    ["an unknown tag", "\nBreast\tX-Disease\n", "Line 2"],
  ])("reports the line of %s", async (_, content, place) => {
    await expect(read(content)).rejects.toThrow(VanerError);
    await expect(read(content)).rejects.toThrow(place);
  });
});

describe("PubTator", () => {
  const document = [
    "12|t|Ataxia in mice.",
    "12|a|Seen with 𝛼-ataxia too.",
    "12\t0\t6\tAtaxia\tSpecificDisease\tD001259",
    "12\t28\t34\tataxia\tModifier\tD001259",
    "12\t10\t14\tmice\tSpecies\t10090",
    "12\tCID\tD000001\tD001259",
    "",
    "",
  ].join("\n");

  it("reads documents and converts offsets from code points to UTF-16 code units", async () => {
    const [text] = await read(document);
    expect(text?.name).toBe("12");
    expect(text?.words).toBeUndefined();
    expect(text?.text).toBe("Ataxia in mice. Seen with 𝛼-ataxia too.");
    expect(text && mentions(text)).toEqual(["Disease: Ataxia", "Disease: ataxia"]);
  });

  it("reads several types at once", async () => {
    const [text] = await read(document, { types: ["Species"] });
    expect(text && mentions(text)).toEqual(["Species: mice"]);
  });

  it.each([
    ["a mention that is not at its offsets", "1|t|Asthma.\n1|a|\n1\t1\t7\tAsthma\tDisease\tD1\n", "Line 3"],
    ["offsets beyond the text", "1|t|Asthma.\n1|a|\n1\t0\t99\tAsthma\tDisease\tD1\n", "Line 3"],
    ["an annotation of another document", "1|t|Asthma.\n1|a|\n2\t0\t6\tAsthma\tDisease\tD1\n", "Line 3"],
    ["a broken annotation", "1|t|Asthma.\n1|a|\n1\t0\tsix\tAsthma\tDisease\n", "Line 3"],
    ["an abstract without title", "1|t|Asthma.\n2|a|Lung.\n", "Line 2"],
  ])("reports the line of %s", async (_, content, place) => {
    await expect(read(content)).rejects.toThrow(VanerError);
    await expect(read(content)).rejects.toThrow(place);
  });
});

describe("JSON lines", () => {
  const line = (entities: object[], more = {}) =>
    JSON.stringify({ text: "𝛼-Ataxia in mice.", entities, ...more });
  const ataxia = { type: "Modifier", start: 3, end: 9 };

  it("reads texts, whose offsets are UTF-16 code units", async () => {
    const texts = await read(`${line([ataxia], { id: "12", ids: [] })}\r\n\n${line([])}\n`);
    expect(texts.map(({ name }) => name)).toEqual(["12", "line 3"]);
    expect(texts.map(mentions)).toEqual([["Disease: Ataxia"], []]);
    expect(texts[0]?.words).toBeUndefined();
  });

  it("reads what recognize prints", async () => {
    const mouse = { type: "Species", text: "mice", start: 13, end: 17, score: 0.9, sentence: 0 };
    const [text] = await read(line([mouse, ataxia]), { types: ["Species"] });
    expect(text && mentions(text)).toEqual(["Species: mice"]);
  });

  it.each([
    ["broken JSON", '{"text": "Asthma"'],
    ["no object", "[]"],
    ["no text", '{"entities": []}'],
    ["no entities", '{"text": "Asthma"}'],
    ["an entity without a type", line([{ start: 0, end: 2 }])],
    ["an entity that is null", '{"text": "Asthma", "entities": [null]}'],
    ["offsets beyond the text", line([{ ...ataxia, end: 99 }])],
    ["offsets that are no integers", line([{ ...ataxia, start: 2.5 }])],
    ["an empty entity", line([{ ...ataxia, end: 3 }])],
    ["a mention that is not at its offsets", line([{ ...ataxia, text: "ataxia" }])],
  ])("reports the line of %s", async (_, content) => {
    const readBoth = () => read(`${line([])}\n${content}\n`, { format: "jsonl" });
    await expect(readBoth()).rejects.toThrow(VanerError);
    await expect(readBoth()).rejects.toThrow("Line 2");
  });
});

it("reads any bytes or throws a VanerError", async () => {
  const lines = fc.array(
    fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("1|t|A", "1|a|B", "", "x\tO", "{}")),
  );
  await fc.assert(
    fc.asyncProperty(lines, fc.constantFrom("conll", "pubtator", "jsonl"), async (content, format) => {
      try {
        for (const { text, entities } of await read(content.join("\n"), { format })) {
          for (const { start, end } of entities) expect(text.slice(start, end)).toHaveLength(end - start);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(VanerError);
      }
    }),
    { numRuns: 200 },
  );
});

it("rejects a missing file", async () => {
  const corpus = openCorpus(join(folder, "none.tsv"), { types: ["Disease"] });
  await expect(corpus.next()).rejects.toMatchObject({ code: "ERR_VANER_CORPUS" });
});
