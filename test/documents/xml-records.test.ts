import { expect, test } from "@jest/globals";
import { xmlRecords } from "../../lib/documents/formats/xml/records.js";

async function recordsOf(text: string, pieceLength: number) {
  async function* pieces() {
    for (let at = 0; at < text.length; at += pieceLength) yield text.slice(at, at + pieceLength);
  }
  const records = [];
  for await (const record of xmlRecords({ name: "file.xml", text: pieces() }, "r")) records.push(record);
  return records;
}

const text = "<?xml version='1.0'?>\n<all>\r\n<r a='1'>x<b/>💊<c >y</c>\n</r><r/>\n</all>\n";

test.each([1, 2, 3, 7, 1000])(
  "elements are where their raw text has them, in pieces of %d",
  async (length) => {
    const [first, second] = await recordsOf(text, length);
    if (!first || !second) throw new Error("records are missing");
    const { raw, element, file } = first;
    expect([file.header, raw, second.raw, file.footer]).toEqual([
      "<?xml version='1.0'?>\n<all>\r\n",
      "<r a='1'>x<b/>💊<c >y</c>\n</r>",
      "<r/>",
      "\n</all>\n",
    ]);
    const parts = element.children.flatMap((child) => (typeof child === "string" ? [] : [child]));
    expect(parts.map(({ start, end }) => raw.slice(start, end))).toEqual(["<b/>", "<c >y</c>"]);
    expect(parts.map(({ start, contentEnd }) => raw.slice(start, contentEnd))).toEqual(["<b/>", "<c >y"]);
    expect(raw.slice(0, element.contentEnd)).toBe("<r a='1'>x<b/>💊<c >y</c>\n");
  },
);
