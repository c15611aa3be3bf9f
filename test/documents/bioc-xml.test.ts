import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Document, mentionOf } from "../../lib/documents/document.js";
import { biocXml } from "../../lib/documents/formats/bioc/bioc-xml.js";
import { readAll, writeAll } from "./support.js";

const annotation = (id: string, offset: number, length: number, text: string) =>
  `<annotation id="${id}">
        <infon key="type">Disease</infon>
        <infon key="identifier">MESH:D001249;OMIM:1</infon>
        <infon key="note">n</infon>
        <location offset="${offset}" length="${length}"/>
        <text>${text}</text>
      </annotation>`;

const file = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE collection SYSTEM "BioC.dtd">
<collection>
  <source>PubTator</source><date/><key>collection.key</key>
  <document>
    <id>1</id>
    <passage>
      <infon key="type">title</infon>
      <offset>0</offset>
      <text>Asthma &amp; 💊</text>
      ${annotation("T1", 0, 6, "Asthma")}
      <relation id="R1"><infon key="type">CID</infon><node refid="T1" role="Disease"/></relation>
    </passage>
    <passage><offset>11</offset><text><![CDATA[No <gout> here.]]></text></passage>
    <!-- kept -->
  </document>
  <document><id>2</id><passage><offset>0</offset></passage></document>
</collection>
`;

function withAdded(document: Document | undefined, passage: number, start: number, end: number): Document[] {
  if (!document) return [];
  const added = { type: "Chemical", ranges: [{ start, end }], score: 0.75 };
  const passages = document.passages.map((each, index) =>
    index === passage ? { ...each, annotations: [...each.annotations, added] } : each,
  );
  return [{ ...document, passages }];
}

describe("reading", () => {
  test("gives passages, mentions and relations", async () => {
    const [first, second] = await readAll(biocXml, file);
    expect(first?.passages.map(({ type, text }) => [type, text])).toEqual([
      ["title", "Asthma & 💊"],
      ["", "No <gout> here."],
    ]);
    expect(first?.passages[0]?.annotations).toEqual([
      {
        id: "T1",
        type: "Disease",
        ranges: [{ start: 0, end: 6 }],
        identifiers: ["MESH:D001249", "OMIM:1"],
        infons: { note: "n" },
      },
    ]);
    expect(first?.relations).toEqual([
      { id: "R1", type: "CID", infons: {}, arguments: [{ role: "Disease", reference: "T1" }] },
    ]);
    expect(second).toMatchObject({ id: "2", passages: [{ text: "" }] });
  });

  test.each([
    ["code points", 4, 4],
    ["UTF-16 code units", 5, 4],
    ["bytes of UTF-8", 8, 4],
  ])("takes offsets in %s", async (_unit, offset, length) => {
    const passage = `<passage><offset>0</offset><text>α 💊 gout</text>${annotation("1", offset, length, "gout")}</passage>`;
    const text = `<collection><document><id>1</id>${passage}</document></collection>`;
    const [document] = await readAll(biocXml, text);
    const [read] = document?.passages ?? [];
    expect(read?.annotations.map((each) => mentionOf(read, each))).toEqual(["gout"]);
    const added = writeAll(biocXml, withAdded(document, 0, 5, 9));
    expect(added).toContain(
      `<infon key="score">0.75</infon><location offset="${offset}" length="${length}"/>`,
    );
  });

  test("joins sentences at their offsets, and adds annotations to the right one", async () => {
    const sentence = (offset: number, text: string) =>
      `<sentence><offset>${offset}</offset><text>${text}</text></sentence>`;
    const passage = `<passage><offset>10</offset>${sentence(10, "One.")}${sentence(16, "Two.")}</passage>`;
    const text = `<collection><document><id>1</id>${passage}</document></collection>`;
    const [document] = await readAll(biocXml, text);
    expect(document?.passages.map((each) => each.text)).toEqual(["One.  Two."]);
    expect(writeAll(biocXml, withAdded(document, 0, 6, 9))).toMatch(
      /Two\.<\/text><annotation id="T1">.*offset="16"/,
    );
    expect(writeAll(biocXml, withAdded(document, 0, 0, 3))).toMatch(
      /One\.<\/text><annotation id="T1">.*offset="10"/,
    );
  });

  test.each([
    [
      file.replace('offset="0"', 'offset="1"'),
      'corpus.file:5: document "1": "Asthma" is not the text at offset 1, which',
    ],
    [file.replace('offset="0"', 'offset="90"'), "6 at offset 90 is not within its passage."],
    [file.replace('offset="0"', 'offset="-1"'), '"offset" must be a whole number, not "-1".'],
    [file.replace("</passage>", ""), "this is not well-formed XML: unexpected close tag."],
    [file.replace("&amp;", "&lol;"), "corpus.file:10: this is not well-formed XML: undefined entity."],
    [file.slice(0, 600), "this is not well-formed XML: unclosed tag"],
    [file.replace("</collection>", "</collection><more/>"), "this is not well-formed XML: "],
  ])("says what is wrong: %#", async (text, message) => {
    await expect(readAll(biocXml, text)).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringContaining(message),
    });
  });

  test("expands no entity that the file declares", async () => {
    const bomb =
      '<!DOCTYPE collection [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n<collection><document>&b;</document></collection>';
    await expect(readAll(biocXml, bomb)).rejects.toThrow(
      "corpus.file:2: this is not well-formed XML: undefined entity.",
    );
  });

  test("goes on behind a malformed document", async () => {
    const rejected: string[] = [];
    const text = file.replace('offset="0"', 'offset="1"');
    const documents = await readAll(biocXml, text, { reject: (error) => rejected.push(error.message) });
    expect([documents.map(({ id }) => id), rejected.length]).toEqual([["2"], 1]);
  });
});

describe("writing", () => {
  test.each([
    ["a file", file],
    ["CRLF", file.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${file}`],
    ["one line", file.replace(/\n */g, "")],
  ])("gives back byte for byte: %s", async (_what, text) => {
    for (const pieceLength of [1, 7, 10_000]) {
      expect(writeAll(biocXml, await readAll(biocXml, text, { pieceLength }))).toBe(text);
    }
  });

  test("inserts behind the other annotations, before relations", async () => {
    const documents = await readAll(biocXml, file);
    const written = writeAll(biocXml, [...withAdded(documents[0], 0, 9, 11), ...documents.slice(1)]);
    const added =
      '\n      <annotation id="T2"><infon key="type">Chemical</infon><infon key="score">0.75</infon>' +
      '<location offset="9" length="1"/><text>💊</text></annotation>';
    expect(written).toBe(file.replace("\n      <relation", `${added}\n      <relation`));
  });

  test("says that it writes UTF-8", async () => {
    const text = file.replace("UTF-8", "ISO-8859-1");
    expect(writeAll(biocXml, await readAll(biocXml, text))).toBe(file);
  });

  test("closes a file whose end was not read", async () => {
    const documents: Document[] = [];
    const input = {
      name: "a.xml",
      text: (async function* () {
        for (const sign of file) yield sign;
      })(),
    };
    for await (const document of biocXml.read?.(input, { reject: () => {} }) ?? []) {
      documents.push(document);
      break;
    }
    expect(writeAll(biocXml, documents)).toBe(
      `${file.slice(0, file.indexOf("</document>"))}</document></collection>`,
    );
  });

  test("refuses what XML cannot hold", () => {
    const passages = [{ type: "", text: "a\u0001", annotations: [] }];
    expect(() => writeAll(biocXml, [{ id: "1", passages }])).toThrow("XML cannot hold the character U+0001");
  });

  const text = fc.string({
    unit: fc.constantFrom("a", "β", "💊", "\n", '"', "<", "&", "\r", "]]>"),
    minLength: 3,
  });
  const passage = fc.tuple(fc.constantFrom("title", "abstract"), text).map(([type, content]) => ({
    type,
    text: content,
    infons: { section: "<1>" },
    annotations: [
      {
        id: "a",
        type: "Gene",
        ranges: [{ start: 0, end: [...content][0]?.length ?? 1 }],
        identifiers: ["7157"],
        infons: {},
      },
    ],
  }));

  test("what is written anew reads the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(passage, { minLength: 1, maxLength: 3 }), async (passages) => {
        const documents = [{ id: "1&2", passages, relations: [], infons: { "k<": "v" } }];
        const read = await readAll(biocXml, writeAll(biocXml, documents));
        expect(read.map(({ source: _, ...document }) => document)).toEqual(documents);
      }),
    );
  });

  test("an empty collection", async () => {
    expect(await readAll(biocXml, writeAll(biocXml, []))).toEqual([]);
  });
});
