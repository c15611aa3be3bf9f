import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { jsonLines } from "../../lib/documents/formats/jsonl.js";
import { bare, readAll, writeAll } from "./support.js";

const entity = { type: "Disease", start: 0, end: 6, text: "Asthma", identifiers: ["D001249"], score: 0.5 };
const line = `{"id": "1", "note": 1.0, "text": "Asthma \\u03b1", "entities": [${JSON.stringify(entity)}]}`;

describe("reading", () => {
  test("gives text, entities and an id", async () => {
    const documents = await readAll(jsonLines, `${line}\n{"text": ""}\n`);
    const { type, identifiers, score } = entity;
    expect(bare(documents)).toEqual([
      {
        id: "1",
        passages: [
          {
            type: "",
            text: "Asthma α",
            annotations: [{ type, ranges: [{ start: 0, end: 6 }], identifiers, score }],
          },
        ],
      },
      { id: "stdin:2", passages: [{ type: "", text: "", annotations: [] }] },
    ]);
  });

  test("takes other names of the fields", async () => {
    const [document] = await readAll(jsonLines, '{"pmid": 7, "body": "Gout."}', {
      fields: { id: "pmid", text: "body" },
    });
    expect(document).toMatchObject({ id: "7", passages: [{ text: "Gout." }] });
  });

  test.each([
    ["{", "corpus.file:1: this is not JSON: "],
    ["[]", "corpus.file:1: this is not a JSON object."],
    ["{}", 'it has no "text", a string.'],
    ['{"text": "a", "entities": {}}', '"entities" must be an array.'],
    [
      '{"text": "a", "entities": [{"type": "Gene", "start": 0, "end": 2}]}',
      'an entity has "type", a string, and',
    ],
    [
      '{"text": "ab", "entities": [{"type": "Gene", "start": 0, "end": 1, "text": "b"}]}',
      '"b" is not the text at its',
    ],
    [
      '{"text": "ab", "entities": [{"type": "G", "ranges": [], "start": 0, "end": 1}]}',
      'an entity has "type"',
    ],
    [
      '{"text": "ab", "passages": [{"start": 1, "end": 3}]}',
      'a passage has "start" and "end", offsets in "text": ',
    ],
    [
      '{"text": "ab", "passages": [{"start": 0, "end": 2}, {"start": 1, "end": 2}]}',
      '"passages" follow each other in "text", and do not overlap: ',
    ],
    [
      '{"text": "ab", "passages": [{"start": 0, "end": 1}], "entities": [{"type": "G", "start": 0, "end": 2}]}',
      "an entity is in no passage: ",
    ],
  ])("%s is an error", async (text, message) => {
    await expect(readAll(jsonLines, text)).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringContaining(message),
    });
  });
});

describe("writing", () => {
  test.each([
    ["lines", `${line}\n${line}\n`],
    ["CRLF, a byte order mark and blank lines", `\uFEFF\r\n${line}\r\n\r\n${line}\r\n\r\n`],
    ["no line end", line],
  ])("gives back byte for byte: %s", async (_what, text) => {
    expect(writeAll(jsonLines, await readAll(jsonLines, text))).toBe(text);
  });

  const added = { type: "Gene", ranges: [{ start: 7, end: 8 }] };
  test.each([
    [line, `${line.slice(0, -2)},{"type":"Gene","text":"α","start":7,"end":8}]}`],
    [
      '{ "text": "Asthma α", "entities": [ ] }',
      '{ "text": "Asthma α", "entities": [ {"type":"Gene","text":"α","start":7,"end":8}] }',
    ],
    [
      '{"text": "Asthma α"}',
      '{"text": "Asthma α","entities":[{"type":"Gene","text":"α","start":7,"end":8}]}',
    ],
  ])("adds entities to %s", async (before, after) => {
    const [document] = await readAll(jsonLines, `\n${before}\n`);
    const passages = (document?.passages ?? []).map((each) => ({
      ...each,
      annotations: [...each.annotations, added],
    }));
    expect(writeAll(jsonLines, document ? [{ ...document, passages }] : [])).toBe(`\n${after}\n`);
  });

  const text = fc.string({ unit: fc.constantFrom("a", "β", "💊", "\n", '"', "\u2028") });
  const passage = fc
    .tuple(fc.constantFrom("title", "abstract"), text, fc.nat(3))
    .map(([type, content, count]) => ({
      type,
      text: content,
      annotations: Array.from({ length: content === "" ? 0 : count }, (_, index) => ({
        id: `T${index}`,
        type: "Gene",
        ranges:
          content.length > 2 && index > 0
            ? [
                { start: 0, end: 1 },
                { start: 2, end: 3 },
              ]
            : [{ start: 0, end: 1 }],
        score: 0.5,
      })),
    }));

  test("keeps relations and infons", async () => {
    const infons = { label: "METHODS" };
    const annotation = { id: "T1", type: "Gene", ranges: [{ start: 0, end: 4 }], infons };
    const document = {
      id: "1",
      passages: [{ type: "", text: "TP53", annotations: [annotation], infons }],
      relations: [{ id: "R1", type: "Binds", arguments: [{ role: "Arg1", reference: "T1" }], infons }],
      infons,
    };
    expect(bare(await readAll(jsonLines, writeAll(jsonLines, [document])))).toEqual([document]);
  });

  test.each(['"relations":{"a":1}', '"relations":[["T1","T2"]]', '"infons":{"a":1}', '"infons":["a"]'])(
    "leaves somebody's own key alone: %s",
    async (own) => {
      const line = `{"id":"1","text":"gout",${own}}\n`;
      const documents = await readAll(jsonLines, line);
      expect(bare(documents)).toEqual([{ id: "1", passages: [{ type: "", text: "gout", annotations: [] }] }]);
      expect(writeAll(jsonLines, documents)).toBe(line);
    },
  );

  test("what is written anew reads the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(passage, { minLength: 1, maxLength: 4 }), async (passages) => {
        const documents = [
          { id: "1", passages },
          { id: "2", passages: passages.slice(1) },
        ];
        expect(bare(await readAll(jsonLines, writeAll(jsonLines, documents)))).toEqual(documents);
      }),
    );
  });
});
