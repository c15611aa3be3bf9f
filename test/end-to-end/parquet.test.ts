import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { vaner } from "../support/cli.js";
import { root } from "../support/paths.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-parquet-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

/** Reads a file with hyparquet, an ES module, which Jest cannot import. */
function readParquet(path: string) {
  const script = `
    import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
    const file = await asyncBufferFromFile(process.argv[1]);
    const { row_groups: groups } = await parquetMetadataAsync(file);
    const rows = await parquetReadObjects({ file });
    console.log(JSON.stringify({ groups: groups.map(({ num_rows: count }) => Number(count)), rows }));`;
  const args = ["--input-type=module", "-e", script, path];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, maxBuffer: 1 << 28 }).toString());
}

test("a row a document, with lists of entities whose offsets are code points", async () => {
  const text = "💊 breast and ovarian cancer";
  const ranges = [
    [3, 9],
    [22, 28],
  ];
  const entities = [
    { type: "Disease", start: 3, end: 28, ranges, id: "T1", identifiers: ["MESH:D001943", "OMIM:1"] },
    { type: "Disease", start: 14, end: 28, score: 0.5 },
  ];
  const documents = [
    { id: "1", text, entities },
    { id: "2", text: "" },
  ];
  writeFileSync(file("in.jsonl"), documents.map((each) => JSON.stringify(each)).join("\n"));
  const output = file("out.parquet");
  expect(await vaner(["convert-corpus", file("in.jsonl"), "-o", output])).toMatchObject({ code: 0 });
  expect(readParquet(output)).toEqual({
    groups: [2],
    rows: [
      {
        id: "1",
        text,
        entities: [
          {
            id: "T1",
            type: "Disease",
            text: "breast cancer",
            start: 2,
            end: 27,
            score: null,
            identifiers: ["MESH:D001943", "OMIM:1"],
            ranges: [
              { start: 2, end: 8 },
              { start: 21, end: 27 },
            ],
          },
          {
            id: null,
            type: "Disease",
            text: "ovarian cancer",
            start: 13,
            end: 27,
            score: 0.5,
            identifiers: [],
            ranges: [{ start: 13, end: 27 }],
          },
        ],
      },
      { id: "2", text: "", entities: [] },
    ],
  });
});

test("the library imports the ES module, on a Node.js that cannot require it too", () => {
  const script = `require("./dist/documents.cjs").formatNamed("parquet").prepare().then(() => console.log("ready"));`;
  const known = process.allowedNodeEnvironmentFlags.has("--experimental-require-module");
  const args = [...(known ? ["--no-experimental-require-module"] : []), "-e", script];
  expect(execFileSync(process.execPath, args, { cwd: root }).toString()).toBe("ready\n");
});

test("many documents are several row groups", async () => {
  const lines = Array.from({ length: 9000 }, (_, index) => `Document ${index}\n`);
  const output = file("many.parquet");
  const args = ["convert-corpus", "-", "--input-format", "lines", "-o", output];
  expect(await vaner(args, lines.join(""))).toMatchObject({ code: 0 });
  const { groups, rows } = readParquet(output);
  expect(groups).toEqual([8192, 808]);
  expect(rows.map(({ text }: { text: string }) => `${text}\n`)).toEqual(lines);
});

test("--resume is an error that names the remedy, and writes nothing", async () => {
  const output = file("resumed.parquet");
  writeFileSync(file("one.jsonl"), '{"text":"a"}');
  expect(await vaner(["convert-corpus", file("one.jsonl"), "-o", output, "--resume"])).toEqual({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining(
      "Parquet cannot be resumed. Write JSON lines with --resume, and make Parquet of them with convert-corpus.",
    ),
  });
  expect(readdirSync(folder).filter((name) => name.startsWith("resumed"))).toEqual([]);
});

test("an empty input is a table without rows", async () => {
  const output = file("none.parquet");
  const args = ["convert-corpus", "-", "--input-format", "jsonl", "-o", output];
  expect(await vaner(args)).toMatchObject({ code: 0 });
  expect(readParquet(output)).toEqual({ groups: [], rows: [] });
});
