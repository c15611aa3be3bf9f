import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { expandInputs } from "../../../lib/documents/job/plan.js";
import { run, temporaryFolder, unchanged } from "./support.js";

const folder = temporaryFolder();

/** A folder with these files, each a document in JSON lines. */
function put(...names: readonly string[]): string {
  const place = mkdtempSync(join(folder, "case-"));
  for (const name of names) writeFileSync(join(place, name), '{"id":"1","text":"gout"}\n');
  return place;
}

test("a folder of outputs is read without what a job keeps beside them", async () => {
  const place = put("a.jsonl", "a.jsonl.rejected.jsonl", "b.jsonl.partial", "b.jsonl.journal");
  const expected = [join(place, "a.jsonl")];
  expect(await expandInputs([place])).toEqual(expected);
  expect(await expandInputs([join(place, "*")])).toEqual(expected);
  const rejected = join(place, "a.jsonl.rejected.jsonl");
  expect(await expandInputs([rejected])).toEqual([rejected]);
});

describe("several inputs", () => {
  test.each(["out.jsonl", "out.gz"])("are not written to the name of a file: %s", async (name) => {
    const place = put("a.jsonl", "b.jsonl");
    const inputs = await expandInputs([place]);
    const output = join(place, name);
    await expect(run(unchanged, inputs, output)).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
      message: `Several inputs give a folder with a file each, and ${output} has the name of a file: name a folder.`,
    });
    expect(readdirSync(place)).toEqual(["a.jsonl", "b.jsonl"]);
    mkdirSync(output); // it is a folder after all
    expect(await run(unchanged, inputs, output)).toHaveLength(2);
  });

  test("are compressed if asked", async () => {
    const place = put("a.jsonl", "b.jsonl");
    const out = join(place, "out");
    const options = { compress: "gz", shard: 1, outputFormat: "bioc-json" } as const;
    await run(unchanged, await expandInputs([place]), out, options);
    expect(readdirSync(out)).toEqual(["a-00001.bioc.json.gz", "b-00001.bioc.json.gz"]);
    const [name = ""] = readdirSync(out);
    expect(JSON.parse(`${gunzipSync(readFileSync(join(out, name)))}`).documents).toHaveLength(1);
  });
});

test.each([
  ["a.jsonl", "jsonl", "is a file: its name says how it is compressed."],
  ["-", "jsonl", "Standard output is not compressed: pipe it through gzip or zstd."],
  ["out/", "brat", "brat standoff is not compressed."],
])("%s cannot be compressed as files of a folder are", async (name, outputFormat, message) => {
  const place = put("in.jsonl");
  const output = name === "-" ? name : `${place}/${name}`;
  const options = { compress: "gz", outputFormat } as const;
  await expect(run(unchanged, [join(place, "in.jsonl")], output, options)).rejects.toThrow(message);
});

test("a field for the text is not ignored where the input looks like plain text", async () => {
  const place = put();
  const input = join(place, "in.txt");
  writeFileSync(input, "pmid,abstract\n1,gout\n");
  const fields = { text: "abstract", id: "pmid" };
  const output = join(place, "out.jsonl");
  await expect(run(unchanged, [input], output, { fields })).rejects.toThrow(
    `${input} looks like plain text, without a field abstract: name its format.`,
  );
  await run(unchanged, [input], output, { fields, inputFormat: "csv" });
  expect(JSON.parse(readFileSync(output, "utf8"))).toEqual({ pmid: "1", abstract: "gout", entities: [] });
});
