import { expect, jest, test } from "@jest/globals";
import { type BiocPart, readBioc } from "../../lib/documents/formats/bioc/bioc.js";
import { xmlRecords } from "../../lib/documents/formats/xml/records.js";
import { workOf } from "../support/work.js";

/** Code units that searches and joins may have to look at: V8 does not count what built-in functions do. */
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
