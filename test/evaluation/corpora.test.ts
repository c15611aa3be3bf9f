import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { documentFormats } from "../../lib/documents/registry.js";
import { VanerError } from "../../lib/errors.js";
import { readCorpus } from "../../lib/evaluation/corpus.js";
import { folder, mentions, read } from "./support.js";

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
    expect(texts.map(({ name }) => name)).toEqual(["line 1", "line 5", "line 10", "line 13"]);
    expect(texts.map(mentions)).toEqual([["Disease: Breast cancer"], [], [], []]);
  });

  it("cuts marked documents into sentences with their own entities", async () => {
    const marked = "# id = 7\n\nNo\tO\nasthma\tB-Disease\n\nSevere\tO\ngout\tB\n\n# id = 8\n\ngout\tB\n";
    const texts = await read(marked);
    expect(texts.map(({ text, continues }) => [text, continues])).toEqual([
      ["No asthma", false],
      ["Severe gout", true],
      ["gout", false],
    ]);
    expect(texts.map(mentions)).toEqual([["Disease: asthma"], ["Disease: gout"], ["Disease: gout"]]);
    expect(await read(marked, { limit: 2 })).toEqual(texts.slice(0, 2));
  });

  it("reads types without prefixes, if asked to", async () => {
    const texts = await read("Breast\tDisease\ncancer\tDisease\n.\tO\n", { format: "conll-io" });
    expect(texts.map(mentions)).toEqual([["Disease: Breast cancer"]]);
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
    ["one column", "Breast\tB-Disease\ncancer\n", ".txt:2:"],
    ["an unknown tag", "\nBreast\tX-Disease\n", ".txt:2:"],
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
    expect(text?.text).toBe("Ataxia in mice.\n\nSeen with 𝛼-ataxia too.");
    expect(text && mentions(text)).toEqual(["Disease: Ataxia", "Disease: ataxia"]);
  });

  it("reads several types at once", async () => {
    const [text] = await read(document, { types: ["Species"] });
    expect(text && mentions(text)).toEqual(["Species: mice"]);
  });

  it.each([
    ["a mention that is not at its offsets", "1|t|Asthma.\n1|a|\n1\t1\t7\tAsthma\tDisease\tD1\n", ".txt:3:"],
    ["offsets beyond the text", "1|t|Asthma.\n1|a|\n1\t0\t99\tAsthma\tDisease\tD1\n", ".txt:3:"],
    ["an annotation of another document", "1|t|Asthma.\n1|a|\n2\t0\t6\tAsthma\tDisease\tD1\n", ".txt:3:"],
    ["a broken annotation", "1|t|Asthma.\n1|a|\n1\t0\tsix\tAsthma\tDisease\n", ".txt:3:"],
    ["an abstract without title", "1|t|Asthma.\n2|a|Lung.\n", ".txt:2:"],
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
    await expect(readBoth()).rejects.toThrow(".txt:2:");
  });
});

describe("BioC XML", () => {
  const annotation = (id: number, offset: number, length: number, text: string) =>
    `<annotation id="${id}"><infon key="type">Disease</infon><location offset="${offset}" length="${length}"/>` +
    `<text>${text}</text></annotation>`;
  const collection = (...annotations: string[]) =>
    '<?xml version="1.0"?><collection><source/><date/><key/><document><id>5</id>' +
    "<passage><offset>0</offset><text>Asthma, in mice.</text></passage>" +
    `<passage><offset>17</offset><text>Severe gout too.</text>${annotations.join("")}</passage>` +
    "</document></collection>";

  it("is read with a blank line between passages", async () => {
    const texts = await read(collection(annotation(1, 24, 4, "gout")));
    expect(texts).toMatchObject([{ name: "5", text: "Asthma, in mice.\n\nSevere gout too." }]);
    expect(texts.map(mentions)).toEqual([["Disease: gout"]]);
  });

  it("leaves out an annotation that does not fit its text, if asked to", async () => {
    const content = collection(annotation(1, 23, 4, "gout"), annotation(2, 24, 4, "gout"));
    await expect(read(content)).rejects.toThrow('"gout" is not the text at offset 23');
    const skipped: string[] = [];
    const texts = await read(content, {
      onSkipped: (what, { message }) => skipped.push(`${what} ${message}`),
    });
    expect(texts.map(mentions)).toEqual([["Disease: gout"]]);
    expect(skipped).toEqual([expect.stringMatching(/^annotation .*document "5": "gout" is not the text/)]);
  });
});

describe("other formats", () => {
  it("are told from the content: gzip, UTF-16, BioC JSON, JSON lines of tokens", async () => {
    const conll = "Gout\tB-Disease\n.\tO\n";
    const tokens = JSON.stringify({ tokens: ["Gout", "."], ner_tags: ["B-Disease", "O"] });
    const annotation = { id: "1", infons: { type: "Disease" }, locations: [{ offset: 0, length: 4 }] };
    const passages = [{ offset: 0, text: "Gout .", annotations: [annotation] }];
    const bioc = JSON.stringify({ documents: [{ id: "1", passages }] });
    const contents = [gzipSync(conll), Buffer.from(`\uFEFF${conll}`, "utf16le"), `${tokens}\n`, bioc];
    for (const content of contents) {
      expect((await read(content)).map(mentions)).toEqual([["Disease: Gout"]]);
    }
  });

  it("have numbers for tags if it is said what they mean", async () => {
    const line = `${JSON.stringify({ tokens: ["Gout", "."], ner_tags: [1, 0] })}\n`;
    await expect(read(line)).rejects.toThrow("tags are numbers");
    expect((await read(line, { labels: ["O", "B-Disease"] })).map(mentions)).toEqual([["Disease: Gout"]]);
  });
});

const formats = documentFormats.filter((format) => format.read).map(({ name }) => name);

it("reads any bytes or throws a VanerError", async () => {
  const lines = fc.array(
    fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("1|t|A", "1|a|B", "", "x\tO", "{}")),
  );
  await fc.assert(
    fc.asyncProperty(lines, fc.constantFrom(...formats), async (content, format) => {
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
  const corpus = readCorpus(join(folder, "none.tsv"), { types: ["Disease"] });
  await expect(corpus.next()).rejects.toMatchObject({ code: "ERR_VANER_DOCUMENT" });
});
