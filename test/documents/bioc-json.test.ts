import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Document } from "../../lib/documents/document.js";
import { biocJson } from "../../lib/documents/formats/bioc/bioc-json.js";
import { readAll, writeAll } from "./support.js";

const annotation = {
  id: "T1",
  infons: { type: "Disease", identifier: "MESH:D001249", score: 0.5, note: null },
  text: "Asthma",
  locations: [{ offset: 3, length: 6 }],
};
const file = `{"source": "x", "documents": [
  {"id": 7, "infons": {}, "passages": [
    {"offset": 0, "infons": {"type": "title"}, "text": "💊 Asthma", "annotations": [${JSON.stringify(annotation).replace('"offset":3', '"offset": 2')}]},
    {"offset": 20, "infons": {}, "sentences": [{"offset": 20, "text": "One."}, {"offset": 25, "text": "Gout.", "annotations": []}]}
  ], "relations": [{"id": "R1", "infons": {"type": "CID"}, "nodes": [{"refid": "T1", "role": "a"}]}]},
  {"id": "8", "passages": []}
], "n": 1.0}
`;

const withAdded = (document: Document | undefined): Document[] =>
  document
    ? [
        {
          ...document,
          passages: document.passages.map((each) => ({
            ...each,
            annotations: [
              ...each.annotations,
              { type: "Chemical", ranges: [{ start: 0, end: 2 }], score: 0.75 },
            ],
          })),
        },
      ]
    : [];

describe("reading", () => {
  test("gives passages, mentions and relations", async () => {
    const [first, second] = await readAll(biocJson, file);
    expect(first).toMatchObject({
      id: "7",
      passages: [
        {
          type: "title",
          text: "💊 Asthma",
          annotations: [
            {
              id: "T1",
              type: "Disease",
              ranges: [{ start: 3, end: 9 }],
              identifiers: ["MESH:D001249"],
              score: 0.5,
              infons: {},
            },
          ],
        },
        { type: "", text: "One. Gout.", annotations: [] },
      ],
      relations: [{ id: "R1", type: "CID", arguments: [{ role: "a", reference: "T1" }] }],
    });
    expect(second).toMatchObject({ id: "8", passages: [] });
  });

  test.each([
    '[{"id": "1", "passages": []}]',
    '{"PubTator3": [{"_id": "1|None", "id": "1", "passages": []}]}',
  ])("%s is a collection", async (text) => {
    expect(biocJson.looksLike?.(text)).toBe(true);
    expect((await readAll(biocJson, text)).map(({ id }) => id)).toEqual(["1"]);
  });

  test.each([
    [
      file.replace('"offset": 2,', '"offset": 1,'),
      'corpus.file:2: document "7": "Asthma" is not the text at offset 1',
    ],
    [file.replace('"offset": 2,', '"offset": "2",'), '"offset" must be a whole number, not "2".'],
    [
      file.replace('"passages": []', '"passages": {}'),
      "passages, sentences, annotations, locations and nodes are arrays.",
    ],
    [file.replace('"source": "x"', '"source": x'), "corpus.file:1: this is not JSON: "],
    [file.slice(0, 300), "this is not JSON: "],
    ['{"documents": [{"id": 1 2}]}', "this is not JSON: "],
    ['{"documents": [{} {}]}', "a comma is missing between two objects"],
    [`{"documents": [{}${" ".repeat(300_000)},,{}]}`, "a comma is missing between two objects"],
    ['{"documents": [,{}]}', "the file is cut short"],
    ['{"documents": [{}}', "the file is cut short"],
    ['{"documents": [{}],}', "the file is cut short"],
    ['{"documents": [1]}', "an element of the array is not an object."],
    ['{"a": []}', 'there is no array "documents", "PubTator3".'],
    [`{"documents": [${"[".repeat(600)}`, "an element of the array is not an object."],
    [`{"documents": [{"a": ${"[".repeat(600)}`, "values are nested more than 500 deep."],
  ])("says what is wrong: %#", async (text, message) => {
    await expect(readAll(biocJson, text)).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringContaining(message),
    });
  });
});

describe("writing", () => {
  test.each([
    ["a file", file],
    ["a byte order mark and CRLF", `\uFEFF${file.replaceAll("\n", "\r\n")}`],
    ["an array", '[ {"id": "1", "passages": []} , {"id": "2", "passages": []} ]'],
  ])("gives back byte for byte: %s", async (_what, text) => {
    for (const pieceLength of [1, 7, 10_000]) {
      expect(writeAll(biocJson, await readAll(biocJson, text, { pieceLength }))).toBe(text);
    }
  });

  test("inserts annotations in the file's units, and keeps all else", async () => {
    const [first, second] = await readAll(biocJson, file);
    const written = writeAll(biocJson, [...withAdded(first), ...(second ? [second] : [])]);
    const added = (id: string, offset: number, length: number, text: string) =>
      `{"id":"${id}","infons":{"type":"Chemical","score":"0.75"},"locations":[{"offset":${offset},"length":${length}}],"text":"${text}"}`;
    const expected = file
      .replace('"length":6}]}]', `"length":6}]},${added("T2", 0, 1, "💊")}]`)
      .replace('"annotations": []}]}', `"annotations": []}],"annotations":[${added("T3", 20, 2, "On")}]}`);
    expect(written).toBe(expected);
  });

  test("stays JSON without its first document", async () => {
    const text = file.replace('"offset": 2,', '"offset": 4,');
    const documents = await readAll(biocJson, text, { reject: () => {} });
    expect(JSON.parse(writeAll(biocJson, documents))).toMatchObject({ documents: [{ id: "8" }], n: 1 });
  });

  const text = fc.string({ unit: fc.constantFrom("a", "β", "💊", "\n", '"', "\ud800"), minLength: 1 });
  const passage = text.map((content) => ({
    type: "title",
    text: content,
    infons: { k: "v" },
    annotations: [
      {
        id: "a",
        type: "Gene",
        ranges: [{ start: 0, end: [...content][0]?.length ?? 1 }],
        identifiers: [],
        infons: {},
      },
    ],
  }));

  test("what is written anew reads the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(passage, { maxLength: 3 }), async (passages) => {
        const documents = ["1", "2"].map((id) => ({ id, passages, relations: [], infons: {} }));
        const read = await readAll(biocJson, writeAll(biocJson, documents));
        expect(read.map(({ source: _, ...document }) => document)).toEqual(documents);
      }),
    );
  });

  test("an empty collection", async () => {
    expect(await readAll(biocJson, writeAll(biocJson, []))).toEqual([]);
  });
});
