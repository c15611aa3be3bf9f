import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { csv, tsv } from "../../lib/documents/formats/table/table.js";
import { bare, readAll, writeAll } from "./support.js";

const file = '\uFEFFid,text,"n, o"\r\n1,"He said ""gout""\nagain 💊",x\r\n\r\n2,b,\r\n3,c,"d"';

describe("reading", () => {
  test("gives the text of each row", async () => {
    expect(csv.looksLike?.(file)).toBe(true);
    const documents = await readAll(csv, file);
    expect(documents.map(({ id, passages }) => [id, passages[0]?.text])).toEqual([
      ["1", 'He said "gout"\nagain 💊'],
      ["2", "b"],
      ["3", "c"],
    ]);
  });

  test("takes other names of the columns, and tabs", async () => {
    const documents = await readAll(tsv, 'pmid\tbody\n7\ta "b\n', { fields: { id: "pmid", text: "body" } });
    expect(documents.map(({ id, passages }) => [id, passages[0]?.text])).toEqual([["7", 'a "b']]);
    const [unnamed] = await readAll(tsv, "text\tx\na\tb\n");
    expect(unnamed?.id).toBe("stdin:2");
  });

  test.each([
    ["a,b\n1,2\n", 'corpus.file:1: the table has no column "text": name the one with the text.'],
    ["id,text\n1,2,3\n", "corpus.file:2: this row has 3 cells, and the header 2."],
    ['id,text\n1,"a"b\n', "corpus.file:2: Invalid Closing Quote: "],
    ['id,text\n1,"a', "corpus.file:2: Quote Not Closed: "],
  ])("%j is an error", async (text, message) => {
    await expect(readAll(csv, text)).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringContaining(message),
    });
  });

  test("gives entities that JSON lines could have, and leaves other cells alone", async () => {
    const entity = JSON.stringify([{ type: "Disease", start: 0, end: 4, text: "gout", id: "T1" }]);
    const cells = ["", "x", "[sic]", "[1]", '[{"a":1}]', entity].map((cell) => cell.replaceAll('"', '""'));
    const content = `text,entities\n${cells.map((cell) => `gout,"${cell}"\n`).join("")}`;
    const documents = await readAll(csv, content);
    expect(documents.flatMap(({ passages }) => passages.map(({ annotations }) => annotations))).toEqual([
      ...Array(5).fill([]),
      [{ id: "T1", type: "Disease", ranges: [{ start: 0, end: 4 }] }],
    ]);
    expect(writeAll(csv, documents)).toBe(content);
    const wrong = content.replace('""end"":4', '""end"":5');
    await expect(readAll(csv, wrong)).rejects.toThrow(/corpus\.file:7: document "stdin:7": an entity has/);
  });

  test("semicolons stay between the cells", async () => {
    const content = 'id;text\r\n1;"a;b, c"\r\n2;d, e\r\n';
    const documents = await readAll(csv, content);
    expect(documents.map(({ passages }) => passages[0]?.text)).toEqual(["a;b, c", "d, e"]);
    expect(writeAll(csv, documents)).toBe(content);
    expect(writeAll(csv, documents, { annotated: true })).toBe(
      'id;text;entities\r\n1;"a;b, c";[]\r\n2;d, e;[]\r\n',
    );
  });

  test("goes on behind a row that was rejected", async () => {
    const rejected: string[] = [];
    const documents = await readAll(csv, "id,text\n1\n2,b\n", {
      reject: (_error, raw) => rejected.push(raw),
    });
    expect([documents.map(({ id }) => id), rejected]).toEqual([["2"], ["1\n"]]);
  });
});

describe("writing", () => {
  test.each([
    [csv, file],
    [tsv, "id\ttext\r\n1\ta\r\n"],
    [csv, "id,text\n1,a\n\n\n"],
  ])("gives back byte for byte", async (format, text) => {
    for (const pieceLength of [2, 7, 10_000]) {
      expect(writeAll(format, await readAll(format, text, { pieceLength }))).toBe(text);
    }
  });

  test("adds a column of what was found", async () => {
    const [first, second] = await readAll(csv, file);
    if (!first || !second) throw new Error("nothing was read");
    const writer = csv.writer?.({ annotated: true });
    const annotations = [{ type: "Disease", ranges: [{ start: 9, end: 13 }], score: 0.5 }];
    const passages = first.passages.map((each) => ({ ...each, annotations }));
    expect(writer?.write({ ...first, passages })).toBe(
      '\uFEFFid,text,"n, o",entities\r\n1,"He said ""gout""\nagain 💊",x,' +
        '"[{""type"":""Disease"",""text"":""gout"",""start"":9,""end"":13,""score"":0.5}]"\r\n',
    );
    expect(writer?.write(second)).toBe("\r\n2,b,,[]\r\n");
  });

  test("a column of that name stays, and the new one has another", async () => {
    const [document] = await readAll(tsv, "text\tentities\na\tx\n");
    if (!document) throw new Error("nothing was read");
    expect(tsv.writer?.({ annotated: true }).write(document)).toBe(
      "text\tentities\tpredicted_entities\na\tx\t[]\n",
    );
  });

  test("TSV holds no tab or line break", () => {
    const passages = [{ type: "", text: "a\tb", annotations: [] }];
    expect(() => writeAll(tsv, [{ id: "1", passages }])).toThrow(
      "TSV cannot hold a tab or line break: write CSV.",
    );
  });

  test("what was found is read again", async () => {
    const annotations = [{ type: "Gene", ranges: [{ start: 0, end: 4 }], score: 0.5, identifiers: ["7157"] }];
    const documents = [{ id: "1", passages: [{ type: "", text: "TP53", annotations }] }];
    expect(bare(await readAll(csv, writeAll(csv, documents)))).toEqual(documents);
  });

  test("what is written anew reads the same text", async () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "💊", '"', ",", "\n", "\r", "\t") }), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(texts, async (all) => {
        const documents = all.map((text, index) => ({
          id: `${index}`,
          passages: [{ type: "", text, annotations: [] }],
        }));
        const read = await readAll(csv, writeAll(csv, documents));
        expect(read.map(({ passages }) => passages[0]?.text)).toEqual(all);
      }),
    );
  });
});

test("a cell of many line breaks takes no longer than its length", async () => {
  const row = `1,"${"\n".repeat(500_000)}gout"\n`;
  const [document] = await readAll(csv, `id,text\n${row}`);
  if (!document) throw new Error("there is no document");
  expect(writeAll(csv, [document], { annotated: true })).toHaveLength(
    "id,text,entities\n".length + row.length + ",[]".length,
  );
});
