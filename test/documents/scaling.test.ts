import { expect, jest, test } from "@jest/globals";
import { type BiocDocument, type BiocPart, readBioc } from "../../lib/documents/formats/bioc/bioc.js";
import { xmlRecords } from "../../lib/documents/formats/xml/records.js";
import { formatNamed } from "../../lib/documents/registry.js";
import { workOf, workUntil } from "../support/work.js";
import { readAll } from "./support.js";

/** Code units that searches, joins and encoding may have to look at: V8 does not count what built-in functions do. */
async function unitsTouched(read: () => Promise<void>): Promise<number> {
  let units = 0;
  const { lastIndexOf } = String.prototype;
  jest.spyOn(String.prototype, "lastIndexOf").mockImplementation(function (this: string, ...args) {
    units += this.length;
    return lastIndexOf.apply(this, args);
  });
  const { join } = Array.prototype;
  jest.spyOn(Array.prototype, "join").mockImplementation(function (this: unknown[], ...args) {
    const joined = join.apply(this, args);
    units += joined.length;
    return joined;
  });
  const { byteLength } = Buffer;
  jest.spyOn(Buffer, "byteLength").mockImplementation((text, ...rest) => {
    units += (text as string).length;
    return byteLength(text, ...rest);
  });
  try {
    await read();
    return units;
  } finally {
    jest.restoreAllMocks();
  }
}

async function readRecord(elements: number): Promise<void> {
  const text = `<all><r>${"<p>text</p>".repeat(elements)}</r></all>`;
  async function* pieces() {
    for (let at = 0; at < text.length; at += 50) yield text.slice(at, at + 50);
  }
  for await (const { raw } of xmlRecords({ name: "file.xml", text: pieces() }, "r")) {
    expect(raw).toHaveLength(text.length - "<all></all>".length);
  }
}

test("a long XML record takes work in proportion to its length", async () => {
  const short = await unitsTouched(() => readRecord(500));
  const long = await unitsTouched(() => readRecord(4000));
  expect(long).toBeGreaterThan(4 * short);
  expect(long).toBeLessThan(10 * short);
});

/** A passage of so many sentences. */
function passageOf(count: number): BiocPart {
  const empty = { infons: {}, annotations: [], relations: [] };
  const sentences = Array.from({ length: count }, (_, index) => ({
    ...empty,
    offset: index * 12,
    text: "He has gout.",
    sentences: [],
  }));
  return { ...empty, offset: 0, text: undefined, sentences };
}

test("a passage of many sentences takes work in proportion to their number", () => {
  const work = (count: number) => {
    const document = { id: "1", infons: {}, passages: [passageOf(count)], relations: [] };
    return workOf(() => readBioc(document));
  };
  const [short, long] = [work(500), work(4000)];
  expect(long).toBeGreaterThan(4 * short);
  expect(long).toBeLessThan(10 * short);
});

/** A document whose offsets count bytes, with so many mentions. */
function documentInBytes(count: number): BiocDocument {
  const mention = "goût";
  const length = Buffer.byteLength(mention);
  const annotations = Array.from({ length: count }, (_, index) => ({
    id: `T${index}`,
    infons: { type: "Disease" },
    locations: [{ offset: index * (length + 1), length }],
    text: mention,
  }));
  const text = `${mention} `.repeat(count);
  const passage = { offset: 0, infons: {}, text, sentences: [], annotations, relations: [] };
  return { id: "1", infons: {}, passages: [passage], relations: [] };
}

test("offsets in bytes take work in proportion to their number", async () => {
  const work = async (count: number) => {
    const document = documentInBytes(count);
    let counted = 0;
    const units = await unitsTouched(async () => {
      counted = workOf(() => expect(readBioc(document).unit).toBe("bytes"));
    });
    return units + counted;
  };
  const [short, long] = [await work(500), await work(4000)];
  expect(long).toBeGreaterThan(4 * short);
  expect(long).toBeLessThan(12 * short); // a search takes a step more each time the text is twice as long
});

test.each([
  [
    "jsonl",
    (count: number) => {
      const places = Array.from({ length: count }, (_, index) => ({ start: 2 * index, end: 2 * index + 1 }));
      const entities = places.map((place) => ({ type: "A", ...place }));
      return `${JSON.stringify({ text: "a ".repeat(count), passages: places, entities })}\n`;
    },
  ],
  [
    "pubtator",
    (count: number) => {
      const row = (index: number) => `1\t${2 * index}\t${2 * index + 1}\ta\tA\n`;
      return `1|t|a\n${"1|a|a\n".repeat(count - 1)}${Array.from({ length: count }, (_, index) => row(index)).join("")}`;
    },
  ],
])("annotations of many passages take work in proportion to their number: %s", async (name, textOf) => {
  const work = (count: number) =>
    workUntil(async () => {
      const [document] = await readAll(formatNamed(name), textOf(count), { pieceLength: 1 << 20 });
      expect(document?.passages.map((each) => each.annotations.length)).toEqual(Array(count).fill(1));
    });
  const [short, long] = [await work(250), await work(2000)];
  expect(long).toBeGreaterThan(4 * short);
  expect(long).toBeLessThan(12 * short); // a search takes a step more each time there are twice as many
});

test("sentences whose offsets are far from each other do not make a text of gigabytes", () => {
  const { sentences, ...passage } = passageOf(2000);
  const apart = sentences.map((sentence, index) => ({ ...sentence, offset: index * 9000 }));
  const document = { id: "1", infons: {}, passages: [{ ...passage, sentences: apart }], relations: [] };
  expect(() => readBioc(document)).toThrow("the sentence at offset 18000 is not behind the one before it.");
});
