import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decompress } from "../../lib/documents/input/compression.js";
import { decode } from "../../lib/documents/input/encoding.js";
import { linesOf } from "../../lib/documents/input/lines.js";
import { openInput } from "../../lib/documents/input/open.js";
import { openDocuments } from "../../lib/documents/open.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-documents-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function* inPieces<Whole extends { length: number; slice(from: number, to: number): Whole }>(
  whole: Whole,
  length: number,
) {
  for (let at = 0; at < whole.length; at += length) yield whole.slice(at, at + length);
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const textOf = async (pieces: AsyncIterable<string>) => (await all(pieces)).join("");
const lengths = fc.integer({ min: 1, max: 7 });

describe("linesOf", () => {
  test("gives every code unit back, whatever the pieces", async () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "\n", "\r", "\r\n", "\u2028", "💊") });
    await fc.assert(
      fc.asyncProperty(texts, lengths, async (text, length) => {
        const lines = await all(linesOf(inPieces(text, length)));
        expect(lines.map(({ content, end }) => content + end).join("")).toBe(text);
        expect(lines.map(({ content }) => content)).toEqual(
          text
            .replace(/\r?\n$/, "")
            .split(/\r?\n/)
            .slice(text ? 0 : 1),
        );
        expect(lines.map(({ number }) => number)).toEqual(lines.map((_line, index) => index + 1));
      }),
    );
  });
});

describe("decode", () => {
  test.each(["utf8", "utf16le"] as const)("%s survives any cut into pieces", async (encoding) => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), lengths, async (content, length) => {
        const text = `\uFEFF${content}`;
        expect(await textOf(decode("a.txt", inPieces(Buffer.from(text, encoding), length)))).toBe(text);
      }),
    );
  });

  test("reads big-endian UTF-16 with a byte order mark", async () => {
    const bytes = Buffer.from("\uFEFFα", "utf16le").swap16();
    expect(await textOf(decode("a.txt", inPieces(bytes, 1)))).toBe("\uFEFFα");
  });

  test("refuses other bytes with file and line; an encoding can be named", async () => {
    const bytes = Buffer.from("one\ntwo\nna\xefve\n", "latin1");
    for (const length of [3, 100]) {
      await expect(textOf(decode("a.txt", inPieces(bytes, length)))).rejects.toMatchObject({
        code: "ERR_VANER_DOCUMENT",
        message: "a.txt:3: this is not UTF-8 text. Name its encoding, or convert it first.",
      });
    }
    expect(await textOf(decode("a.txt", inPieces(bytes, 4), "windows-1252"))).toBe("one\ntwo\nnaïve\n");
    await expect(textOf(decode("a.txt", inPieces(bytes, 4), "klingon"))).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
  });

  test("refuses UTF-16 without a byte order mark, unless it is named", async () => {
    const bytes = Buffer.from("gout", "utf16le");
    const read = (encoding?: string) => textOf(decode("a.txt", inPieces(bytes, 3), encoding));
    await expect(read()).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringMatching(/^a\.txt:1: this is not UTF-8 text\..* utf-16le\.$/),
    });
    expect(await read("utf-16le")).toBe("gout");
  });

  test("refuses a character that the end of the file cuts", async () => {
    const bytes = Buffer.from("one\nα").subarray(0, -1);
    await expect(textOf(decode("a.txt", inPieces(bytes, 2)))).rejects.toThrow("a.txt:2:");
  });
});

describe("decompress", () => {
  const text = "Aspirin can cause asthma.\n".repeat(100);

  test("reads gzip files, also several in a row; leaves others as they are", async () => {
    const bytes = Buffer.concat([gzipSync(text), gzipSync(text)]);
    expect(Buffer.concat(await all(decompress("a.gz", inPieces(bytes, 13)))).toString()).toBe(text + text);
    expect(Buffer.concat(await all(decompress("a", inPieces(Buffer.from(text), 13)))).toString()).toBe(text);
    expect(await all(decompress("a", inPieces(Buffer.alloc(0), 1)))).toEqual([]);
  });

  test.each([
    ["cut short", gzipSync(text).subarray(0, -9)],
    ["damaged", gzipSync(text).fill(0xff, 20, 30)],
  ])("says that a file is %s", async (_how, bytes) => {
    await expect(all(decompress("a.gz", inPieces(bytes, 13)))).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringContaining("a.gz: the compressed data are damaged or cut short: "),
    });
  });
});

const { zstdCompressSync } = zlib as { zstdCompressSync?: (text: string) => Buffer };
if (!zstdCompressSync) process.stderr.write("Node.js has no zstd: its tests are skipped.\n");

describe(zstdCompressSync ? "decompress, zstd" : "decompress, without zstd", () => {
  const text = "Aspirin can cause asthma.\n".repeat(100);
  const compress = zstdCompressSync ?? Buffer.from;
  const onZstd = zstdCompressSync ? test : test.skip;
  const unpack = async (bytes: Buffer, length: number) =>
    Buffer.concat(await all(decompress("a.zst", inPieces(bytes, length)))).toString();

  onZstd("reads frames in a row, whatever their lengths and those of the pieces", async () => {
    const texts = fc.array(
      fc.oneof(
        fc.string(),
        fc.nat(5).map((times) => "a".repeat(times << 16)),
      ),
      { minLength: 1 },
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom(1, 5, 100, 1 << 20), async (parts, length) => {
        expect(await unpack(Buffer.concat(parts.map((part) => compress(part))), length)).toBe(parts.join(""));
      }),
    );
  });

  const frame = compress(text);
  onZstd.each([
    ["cut in its first frame", frame.subarray(0, -9)],
    ["cut behind its start", frame.subarray(0, 5)],
    ["cut in its last frame", Buffer.concat([frame, frame.subarray(0, -1)])],
    ["damaged", Buffer.from(frame).fill(0xff, 8, 30)],
    ["followed by something else", Buffer.concat([frame, Buffer.from("something")])],
  ])("says that a file is %s", async (_how, bytes) => {
    for (const length of [1, 13, 10_000]) {
      await expect(unpack(bytes, length)).rejects.toMatchObject({
        code: "ERR_VANER_DOCUMENT",
        message: expect.stringContaining("a.zst: the compressed data are damaged or cut short: "),
      });
    }
  });

  onZstd("expands no more than is read", async () => {
    const bomb = compress("a".repeat(1 << 28)); // 256 MiB
    let read = 0;
    for await (const piece of decompress("a.zst", inPieces(bomb, bomb.length))) {
      read += piece.length;
      if (read > 1 << 20) break;
    }
    expect(read).toBeLessThan(1 << 21);
  });
});

describe("openInput", () => {
  test("counts the bytes on disk", async () => {
    const path = join(folder, "a.txt.gz");
    const bytes = gzipSync("α");
    writeFileSync(path, bytes);
    let read = 0;
    const input = openInput(path, { onBytes: (count) => (read += count) });
    expect([input.name, input.path, await textOf(input.text), read]).toEqual([path, path, "α", bytes.length]);
  });

  test("names a file that cannot be read", async () => {
    await expect(textOf(openInput(join(folder, "none")).text)).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringContaining("it cannot be read: ENOENT"),
    });
  });
});

test.each(['[{"text": "gout"}]', '{\n  "text": "gout"\n}\n'])(
  "JSON is no plain text: %j",
  async (content) => {
    const path = join(folder, "records.json");
    writeFileSync(path, content);
    await expect(openDocuments(path)).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringContaining("it is JSON of no known format"),
    });
    const named = await openDocuments(path, "text");
    expect(await textOf(named.input.text)).toBe(content);
  },
);

test.each([
  '<?xml version="1.0"?>\n<TEI>gout</TEI>\n',
  "<!doctype html>\n<p>gout",
  "\uFEFF<html lang='en'>gout",
])("markup is no plain text: %j", async (content) => {
  const path = join(folder, "page.txt");
  writeFileSync(path, content);
  await expect(openDocuments(path)).rejects.toMatchObject({
    code: "ERR_VANER_DOCUMENT",
    message: expect.stringContaining("it is XML or HTML of no known format"),
  });
  const named = await openDocuments(path, "text");
  expect(await textOf(named.input.text)).toBe(content);
});
