import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Annotation, Document } from "../../lib/documents/document.js";
import { mentionOf } from "../../lib/documents/document.js";
import { pubtator } from "../../lib/documents/formats/pubtator.js";
import { bare, readAll, writeAll } from "./support.js";

const file = [
  "1|t|Ibuprofen 💊 in breast and ovarian cancer",
  "1|a|It may cause asthma.",
  "1\t0\t9\tIbuprofen\tChemical\tD007052",
  "1\t15\t40\tbreast cancer\tDisease\tD001943|D010051",
  "1\t54\t60\tasthma\tDisease\t-1",
  "1\tCID\tD007052\tD001249",
  "1\tAssociation\tD007052\t3553\tNovel",
  "",
  "2|t|A title alone",
  "",
].join("\n");

describe("reading", () => {
  test("gives passages, mentions, concepts and relations", async () => {
    const [first, second] = await readAll(pubtator, file);
    expect(first?.passages.map(({ type, text }) => [type, text])).toEqual([
      ["title", "Ibuprofen 💊 in breast and ovarian cancer"],
      ["abstract", "It may cause asthma."],
    ]);
    const found = first?.passages.flatMap((passage) =>
      passage.annotations.map((annotation) => [mentionOf(passage, annotation), annotation.identifiers]),
    );
    expect(found).toEqual([
      ["Ibuprofen", ["D007052"]],
      ["breast cancer", ["D001943", "D010051"]],
      ["asthma", []],
    ]);
    expect(first?.relations).toEqual([
      {
        type: "CID",
        arguments: [
          { role: "", reference: "D007052" },
          { role: "", reference: "D001249" },
        ],
      },
      {
        type: "Association",
        arguments: [
          { role: "", reference: "D007052" },
          { role: "", reference: "3553" },
        ],
        infons: { novelty: "Novel" },
      },
    ]);
    expect(second?.passages.map(({ text }) => text)).toEqual(["A title alone"]);
  });

  test.each([
    ["1\t0\t4\tA\tGene", "corpus.file:1: this belongs to no document: a title (id|t|…) comes first."],
    ["1|t|Asthma\n2\t0\t6\tAsthma\tDisease", 'corpus.file:2: document "1": this belongs to "2".'],
    [
      "1|t|Asthma\n1\t0\t5\tAsthma\tDisease",
      'corpus.file:2: document "1": "Asthma" is not the text from 0 to 5: "Asthm".',
    ],
    ["1|t|Asthma\n1\t0\t60\tAsthma\tDisease", '"Asthma" is not the text from 0 to 60: "".'],
    ["1|t|a b\n1|a|b c\n1\t2\t5\tb b\tGene", '"b b" is not the text from 2 to 5: "b b".'],
    [
      "1|t|Asthma\n1\t0\t6\tAsthma",
      "an annotation has id, start, end, mention and type, with tabs between them.",
    ],
    ["1|t|Asthma\n1\tCID\tD1", "this is neither an annotation nor a relation: it has too few columns."],
    ["1|t|Asthma\n1\t0\t6\tAsthma\tDisease\n1|a|Late", "a text stands behind the annotations."],
  ])("%j is an error", async (text, message) => {
    await expect(readAll(pubtator, text)).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringContaining(message),
    });
  });

  test("cuts no text at signs that are no line end of the file", async () => {
    const [document] = await readAll(pubtator, "1|t|gout\u2028and\rasthma\u2029.\n");
    expect(document?.passages[0]?.text).toBe("gout\u2028and\rasthma\u2029.");
  });

  test("goes on behind a document that was rejected", async () => {
    const rejected: string[] = [];
    const text = "1|t|Asthma\n1\t0\t5\tAsthma\tDisease\n\n2|t|Gout\n";
    const documents = await readAll(pubtator, text, { reject: (_error, raw) => rejected.push(raw) });
    expect(documents.map(({ id }) => id)).toEqual(["2"]);
    expect(rejected).toEqual(["1|t|Asthma\n1\t0\t5\tAsthma\tDisease\n\n"]);
  });
});

describe("writing", () => {
  test.each([
    ["a file", file],
    ["CRLF", file.replaceAll("\n", "\r\n")],
    ["a byte order mark and blank lines", `\uFEFF\n\n${file}\n\n`],
    ["no blank lines between documents", file.replaceAll("\n\n", "\n")],
    ["no line end", file.trimEnd()],
  ])("gives back byte for byte: %s", async (_what, text) => {
    expect(writeAll(pubtator, await readAll(pubtator, text))).toBe(text);
  });

  test("puts what was added behind the other annotations", async () => {
    const [first] = await readAll(pubtator, file);
    const [title, ...rest] = first?.passages ?? [];
    const added: Annotation = { type: "Chemical", ranges: [{ start: 10, end: 12 }], score: 0.9 };
    const passages = title ? [{ ...title, annotations: [...title.annotations, added] }, ...rest] : [];
    const written = writeAll(pubtator, [{ ...first, passages } as Document]);
    const [before, after] = file.split("1\tCID");
    expect(written).toBe(`${before}1\t10\t11\t💊\tChemical\t\n1\tCID${after?.split("2|t")[0]}`);
  });

  test("refuses an id that its lines cannot hold", () => {
    expect(() => writeAll(pubtator, [{ id: "a|b", passages: [] }])).toThrow(
      'PubTator cannot hold the document "a|b"',
    );
  });

  test.each(["a\tb", "a\n2|t|b"])("refuses the type %j, which would become more", (type) => {
    const annotations = [{ type, ranges: [{ start: 0, end: 3 }] }];
    const passages = [{ type: "title", text: "abc", annotations }];
    const relations = [{ type: "r", arguments: [{ role: "", reference: type }] }];
    for (const document of [{ passages }, { passages: [], relations }])
      expect(() => writeAll(pubtator, [{ id: "1", ...document }])).toThrow("which has a tab or line break");
  });

  const words = fc.array(fc.constantFrom("a", "β", "💊", "p53", "-"), { minLength: 1, maxLength: 6 });
  const passage = words.chain((parts) =>
    fc.nat(parts.length - 1).map((chosen) => {
      const start = parts.slice(0, chosen).join(" ").length + Math.min(chosen, 1);
      const ranges = [{ start, end: start + (parts[chosen] ?? "").length }];
      return {
        type: "abstract",
        text: parts.join(" "),
        annotations: [{ type: "Gene", ranges, identifiers: ["7157"] }],
      };
    }),
  );

  test("what is written anew reads the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(passage, { minLength: 2, maxLength: 4 }), async (passages) => {
        const titled = passages.map((each, index) => (index === 0 ? { ...each, type: "title" } : each));
        const documents = [
          { id: "1", passages: titled, relations: [] },
          { id: "2", passages: titled, relations: [] },
        ];
        expect(bare(await readAll(pubtator, writeAll(pubtator, documents)))).toEqual(documents);
      }),
    );
  });
});
