import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Document } from "../../../lib/documents/document.js";
import type { Transform } from "../../../lib/documents/job/run-files.js";
import { testOnLinux } from "../../support/platforms.js";
import { contentsOf, failingAt, run, temporaryFolder, unchanged } from "./support.js";

const folder = temporaryFolder();
const newFolder = () => mkdtempSync(join(folder, "case-"));

/** Writes JSON lines with so many documents; returns the path. */
function put(place: string, name: string, documents: number): string {
  const lines = Array.from({ length: documents }, (_, index) => `{"id":"${name}-${index}","text":"gout"}\n`);
  writeFileSync(join(place, `${name}.jsonl`), lines.join(""));
  return join(place, `${name}.jsonl`);
}

describe("an output", () => {
  testOnLinux("that is no file is never replaced", async () => {
    const place = newFolder();
    const pipe = join(place, "pipe");
    execFileSync("mkfifo", [pipe]);
    const link = join(place, "stdout");
    symlinkSync("/proc/self/fd/1", link);
    for (const output of [pipe, link]) {
      await expect(run(unchanged, [put(place, "a", 1)], output)).rejects.toMatchObject({
        code: "ERR_VANER_OUTPUT",
        message: `The output ${output} is a folder or a device. Name a file to write.`,
      });
    }
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(place).sort()).toEqual(["a.jsonl", "pipe", "stdout"]);
  });

  test("has a name", async () => {
    const place = newFolder();
    await expect(run(unchanged, [put(place, "a", 1)], "")).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
      message: "The output has no name: name a file or folder to write.",
    });
  });
});

describe("several files", () => {
  test("are one sequence of documents, with an output each", async () => {
    const place = newFolder();
    const inputs = [put(place, "a", 2), put(place, "b", 0), put(place, "c", 3)];
    const seen: string[] = [];
    let sequences = 0;
    const transform: Transform = async function* (documents) {
      sequences++;
      const all: Document[] = [];
      for await (const document of documents) all.push(document);
      seen.push(...all.map(({ id }) => id));
      yield* all;
    };
    const out = join(place, "out");
    const results = await run(transform, inputs, out, { inputFormat: "jsonl" });
    expect([sequences, seen]).toEqual([1, ["a-0", "a-1", "c-0", "c-1", "c-2"]]);
    expect(results).toMatchObject([{ documents: 2 }, { documents: 0 }, { documents: 3 }]);
    for (const input of inputs) {
      expect(readFileSync(input.replace(place, out))).toEqual(readFileSync(input));
    }
  });

  test.each(["", "{}\n"])("those in front of a failure are complete: %j", async (second) => {
    const place = newFolder();
    const bad = join(place, "b.jsonl");
    writeFileSync(bad, second);
    const inputs = [put(place, "a", 2), ...(second === "" ? [join(place, "missing.jsonl")] : [bad])];
    await expect(run(unchanged, inputs, join(place, "out"))).rejects.toThrow();
    expect(readdirSync(join(place, "out")).filter((name) => name.startsWith("a"))).toEqual(["a.jsonl"]);
  });

  test("a table stays one, though CoNLL has the same ending", async () => {
    const place = newFolder();
    const input = join(place, "a.tsv");
    writeFileSync(input, "id\ttext\tyear\n1\tgout\t2001\n");
    await run(unchanged, [input], join(place, "b.tsv"));
    expect(readFileSync(join(place, "b.tsv"), "utf8")).toBe(readFileSync(input, "utf8"));
  });

  test("an ending of two parts is no part of the output's name", async () => {
    const place = newFolder();
    await run(unchanged, [put(place, "a", 1)], join(place, "a.bioc.json"));
    await run(unchanged, [join(place, "a.bioc.json")], join(place, "out/"));
    expect(readdirSync(join(place, "out"))).toEqual(["a.bioc.json"]);
  });

  test("one whose last document cannot be written is not complete", async () => {
    const place = newFolder();
    const input = join(place, "a.jsonl");
    writeFileSync(input, '{"text":"gout"}\n{"text":"go\\tut"}\n');
    const output = join(place, "a.tsv");
    await expect(run(unchanged, [input], output, { outputFormat: "tsv" })).rejects.toThrow(
      "cannot hold a tab",
    );
    expect(existsSync(output)).toBe(false);
  });

  test.each([
    ["csv", '{"id":"1","text":"\\ud83d"}', "id,text,entities\n"],
    ["html", '{"id":"1","text":"\\ud83d"}', "<!DOCTYPE html>"],
    ["bioc-xml", '{"id":"1","text":"\\u0001"}', "<?xml"],
  ])("one whose first document cannot be written has its header: %s", async (outputFormat, bad, header) => {
    const place = newFolder();
    const input = join(place, "a.jsonl");
    const good = '{"id":"2","text":"gout"}\n';
    writeFileSync(input, `${bad}\n${good.repeat(300)}`);
    const output = join(place, "out");
    const options = { outputFormat, onError: "skip" } as const;
    await run(unchanged, [input], output, options);
    const whole = readFileSync(output, "utf8");
    expect(whole.split(header)).toEqual(["", expect.any(String)]);
    if (outputFormat === "html") return; // cannot be resumed
    for (const index of [1, 290]) {
      const resumed = join(place, `resumed-${index}`);
      const again = { ...options, resume: true };
      await expect(run(failingAt(index), [input], resumed, again)).rejects.toThrow("interrupted");
      await run(unchanged, [input], resumed, again);
      expect(readFileSync(resumed, "utf8")).toBe(whole);
    }
  });

  testOnLinux("inputs whose output is complete are closed", async () => {
    const place = newFolder();
    const inputs = Array.from({ length: 30 }, (_, index) => put(place, `f${index}`, 1));
    await run(unchanged, inputs, join(place, "out"));
    const before = readdirSync("/proc/self/fd").length;
    const results = await run(unchanged, inputs, join(place, "out"), { resume: true });
    expect(results.every(({ skipped }) => skipped)).toBe(true);
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + 10);
  });
});

describe("an output that was interrupted", () => {
  /** Ids of PubTator have no |: some documents cannot be written, others are malformed. */
  const line = fc.constantFrom(
    '{"id":"1","text":"gout"}',
    '{"id":"1|2","text":"gout"}',
    "{}",
    '{"text":"💊"}',
  );

  // Blocks end after 256 documents: what comes before the first end is done again.
  test.each([
    [undefined, 80],
    [1, 1],
    [3, 2],
    [500, 80],
  ])("gets what is left: the bytes of a whole run, in files of %p documents", async (shard, times) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.array(fc.nat(12 * times), { maxLength: 3 }),
        async (lines, interruptions) => {
          const place = newFolder();
          const input = join(place, "in.jsonl");
          writeFileSync(
            input,
            Array(times)
              .fill(lines.map((each) => `${each}\n`).join(""))
              .join(""),
          );
          const options = { onError: "skip", shard, outputFormat: "pubtator" } as const;
          const [whole, resumed] = ["whole", "resumed"].map((name) => join(place, name));
          if (!whole || !resumed) return;
          for (const each of [whole, resumed]) mkdirSync(each);
          const counts = await run(unchanged, [input], join(whole, "x.pubtator.gz"), options);
          const output = join(resumed, "x.pubtator.gz");
          for (const interruption of interruptions) {
            await run(failingAt(interruption), [input], output, { ...options, resume: true }).catch((error) =>
              expect(error).toMatchObject({ message: "interrupted" }),
            );
          }
          const [result] = await run(unchanged, [input], output, { ...options, resume: true });
          expect(contentsOf(resumed)).toEqual(contentsOf(whole));
          if (!result?.skipped)
            expect(result).toMatchObject({
              documents: counts[0]?.documents,
              rejected: counts[0]?.rejected,
            });
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe("files of some documents each", () => {
  test("are numbered, and as long as asked", async () => {
    const place = newFolder();
    const input = put(place, "in", 7);
    await run(unchanged, [input], join(place, "out.v2.jsonl.gz"), { shard: 3 });
    expect(readdirSync(place).filter((name) => name.startsWith("out"))).toEqual([
      "out.v2-00001.jsonl.gz",
      "out.v2-00002.jsonl.gz",
      "out.v2-00003.jsonl.gz",
    ]);
    await run(unchanged, [input], `${join(place, "folder")}/`, { shard: 3, outputFormat: "bioc-json" });
    const files = Object.values(contentsOf(join(place, "folder")));
    expect(files.map((content) => JSON.parse(content).documents.length)).toEqual([3, 3, 1]);
  });

  test.each([
    ["in.json", '{"documents":[', '{"id":"1","passages":[]}', ",", '],"x":1}'],
    ["array.json", "[", '{"id":"1","passages":[]}', ",", "]"],
    ["in.xml", "<collection>", "<document><id>1</id></document>", "\n", "<!-- x --></collection>"],
    ["in.csv", "id,text\n", "1,gout\n", "", "\n\n"],
  ])("do not depend on how far the input was read: %s", async (name, start, document, joint, end) => {
    const place = newFolder();
    const input = join(place, name);
    writeFileSync(input, start + Array(7).fill(document).join(joint) + end);
    const readFirst: Transform = async function* (documents) {
      const all: Document[] = [];
      for await (const each of documents) all.push(each);
      yield* all;
    };
    for (const [transform, out] of [
      [unchanged, "lazily"],
      [readFirst, "eagerly"],
    ] as const) {
      await run(transform, [input], `${join(place, out)}/`, { shard: 3 });
    }
    const files = contentsOf(join(place, "lazily"));
    expect(Object.values(files).map((content) => content.split(document).length - 1)).toEqual([3, 3, 1]);
    expect(files).toEqual(contentsOf(join(place, "eagerly")));
    if (name.endsWith(".json")) for (const content of Object.values(files)) JSON.parse(content);
    expect(Object.values(files).at(-1)?.endsWith(end)).toBe(true);
  });

  test("do not replace those of an earlier run", async () => {
    const place = newFolder();
    const input = put(place, "in", 2);
    const output = join(place, "out.jsonl");
    await run(unchanged, [input], output, { shard: 1 });
    await expect(run(unchanged, [input], output, { shard: 2 })).rejects.toThrow(
      /out-00001\.jsonl exists already/,
    );
    expect(await run(unchanged, [input], output, { shard: 1, resume: true })).toMatchObject([
      { skipped: true },
    ]);
    await expect(run(unchanged, [input], "-", { shard: 1 })).rejects.toThrow("Standard output is not cut");
  });
});
