import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "@jest/globals";
import { vanerPath } from "../support/cli.js";
import { fixture } from "../support/paths.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-annotate-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

/** Runs `vaner annotate`; kills it after some milliseconds if they are given. */
async function annotate(args: readonly string[], { input = "", killAfter = 0 } = {}) {
  const child = spawn(process.execPath, [vanerPath(), "annotate", ...args]);
  if (killAfter > 0) setTimeout(() => child.kill("SIGKILL"), killAfter);
  child.stdin.on("error", () => {}).end(input);
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    return pieces;
  }) as [Buffer[], Buffer[]];
  const [status] = await once(child, "close");
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** The files of a folder with their contents. */
const contentsOf = (path: string) =>
  Object.fromEntries(
    readdirSync(path)
      .sort()
      .map((name) => [name, readFileSync(join(path, name)).toString("latin1")]),
  );

const pubtator =
  "1|t|Asthma 💊 and gout\n1|a|Aspirin helps.\n1\t0\t6\tAsthma\tDisease\tD001249\n1\tCID\tD1\tD2\n\n";

describe("output", () => {
  test("gets the entities behind what the document has, in its format", async () => {
    writeFileSync(file("one.txt"), pubtator);
    const output = file("one.pubtator");
    const run = await annotate([file("one.txt"), "-o", output, "-t", "Chemical"]);
    expect(run).toEqual({ status: 0, stdout: "", stderr: expect.stringMatching(/^1 document, in /) });
    const relation = pubtator.indexOf("1\tCID");
    const added = "1\t18\t25\tAspirin\tChemical\t\n";
    expect(readFileSync(output, "utf8")).toBe(pubtator.slice(0, relation) + added + pubtator.slice(relation));
  });

  test("goes to another format, compressed, by its name", async () => {
    writeFileSync(file("two.txt.gz"), gzipSync(pubtator));
    const run = await annotate([file("two.txt.gz"), "-o", file("two.jsonl.gz"), "-t", "Disease", "--json"]);
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      documents: 1,
      resumed: 0,
      rejected: 0,
      files: [{ skipped: false }],
    });
    const { id, text, entities } = JSON.parse(gunzipSync(readFileSync(file("two.jsonl.gz"))).toString());
    expect([id, text]).toEqual(["1", "Asthma 💊 and gout\n\nAspirin helps."]);
    expect(entities).toMatchObject([
      { type: "Disease", text: "Asthma", start: 0, end: 6, identifiers: ["D001249"] },
      { type: "Disease", text: "Asthma", start: 0, end: 6, score: expect.any(Number) },
      { type: "Disease", text: "gout", start: 14, end: 18, score: expect.any(Number) },
    ]);
  });

  test("of several inputs is a folder", async () => {
    for (const name of ["a.txt", "b.txt"]) writeFileSync(file(name), "He has gout.");
    const run = await annotate([join(folder, "[ab].txt"), "-o", file("out")]);
    expect(run.status).toBe(0);
    expect(readdirSync(file("out"))).toEqual(["a.jsonl", "b.jsonl"]);
  });

  test("of a folder of brat is another one, where each document can be resumed", async () => {
    const corpus = file("corpus");
    mkdirSync(corpus);
    for (const name of ["a", "b"]) {
      writeFileSync(join(corpus, `${name}.txt`), "He has gout.\r\nAspirin 💊 helps.");
      writeFileSync(join(corpus, `${name}.ann`), "T7\tDrug 14 21\tAspirin\nA1\tSure T7");
    }
    const out = file("annotated");
    expect(await annotate([corpus, "-o", out, "-t", "Disease"])).toMatchObject({ status: 0 });
    expect(readdirSync(out)).toEqual(["a.ann", "a.txt", "b.ann", "b.txt"]);
    expect(readFileSync(join(out, "a.txt"))).toEqual(readFileSync(join(corpus, "a.txt")));
    const annotations = "T7\tDrug 14 21\tAspirin\nA1\tSure T7\nT8\tDisease 7 11\tgout\n";
    expect(readFileSync(join(out, "a.ann"), "utf8")).toBe(annotations);

    rmSync(join(out, "b.ann"));
    const again = await annotate([corpus, "-o", out, "-t", "Disease", "--resume", "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ documents: 2, resumed: 1 });
    expect(readFileSync(join(out, "b.ann"), "utf8")).toBe(annotations);
  });

  test("is cut into files of some documents each", async () => {
    writeFileSync(file("three.txt"), "He has gout.\nNo.\nAsthma.\n");
    const run = await annotate([
      ...[file("three.txt"), "--input-format", "lines", "-o", file("three.jsonl.gz"), "--shard", "2"],
    ]);
    expect(run.status).toBe(0);
    const shards = [1, 2].map((number) => gunzipSync(readFileSync(file(`three-0000${number}.jsonl.gz`))));
    const ids = shards.map((shard) => [...`${shard}`.matchAll(/"id":"(three:\d)"/g)].map(([, id]) => id));
    expect(ids).toEqual([["three:1", "three:2"], ["three:3"]]);
  });

  test("is a picture that cannot be resumed", async () => {
    writeFileSync(file("gout.txt"), "He has gout.");
    const args = [file("gout.txt"), "-o", file("gout.html"), "-t", "Disease"];
    expect(await annotate(args)).toMatchObject({ status: 0 });
    expect(readFileSync(file("gout.html"), "utf8")).toMatch(
      /title="Disease: 7–11, score [\d.]+">gout<\/mark>/,
    );
    expect(await annotate([...args, "--resume"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("HTML cannot be resumed. Write JSON lines with --resume"),
    });
  });

  test("can be a pipe", async () => {
    const run = await annotate(["-", "-o", "-", "--input-format", "lines", "-t", "Disease"], {
      input: "He has gout.\n\nNo.\n",
    });
    const lines = run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { id: "stdin:1", text: "He has gout.", entities: [{ text: "gout" }] },
      { id: "stdin:3", text: "No.", entities: [] },
    ]);
  });
});

describe("malformed documents", () => {
  const bad = pubtator.replace("\t0\t6\t", "\t1\t6\t").replaceAll("1|", "7|").replaceAll("\n1\t", "\n7\t");

  test("are an error, and leave no output", async () => {
    writeFileSync(file("bad.txt"), bad + pubtator);
    const run = await annotate([file("bad.txt"), "-o", file("bad.jsonl")]);
    expect(run).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'bad.txt:3: document "7": "Asthma" is not the text from 1 to 6: "sthma".',
      ),
    });
    expect(existsSync(file("bad.jsonl"))).toBe(false);
  });

  test("are set aside if asked", async () => {
    writeFileSync(file("bad2.txt"), bad + pubtator + bad);
    const run = await annotate([file("bad2.txt"), "-o", file("bad2.jsonl"), "--on-error", "skip"]);
    expect(run).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("1 document, 2 malformed left out, in "),
    });
    expect(readFileSync(file("bad2.jsonl"), "utf8").trim().split("\n")).toHaveLength(1);
    const rejected = readFileSync(file("bad2.jsonl.rejected.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rejected.map(({ raw, code }) => [raw, code])).toEqual([
      [bad, "ERR_VANER_DOCUMENT"],
      [bad, "ERR_VANER_DOCUMENT"],
    ]);
  });
});

describe("--resume", () => {
  /** Times that a run is killed. More: `VANER_KILLS=200`. */
  const kills = Number(process.env["VANER_KILLS"] ?? 4);
  const documents = Array.from({ length: 1200 }, (_, index) => {
    const id = `${index}`;
    const wrong = index % 97 === 0 ? `${id}\t0\t1\tZ\tDisease\n` : "";
    return `${id}|t|Case ${index}: gout\n${id}|a|Aspirin helps in asthma ${index}.\n${wrong}\n`;
  }).join("");

  const half = documents.indexOf("600|t|");

  test("gives the bytes of a run that was not killed", async () => {
    writeFileSync(file("many.txt"), documents);
    const common = ["-t", "Disease", "--on-error", "skip"];
    const whole = await annotate([file("many.txt"), "-o", file("whole.jsonl.gz"), ...common]);
    expect(whole.status).toBe(0);
    const killed = file("killed.jsonl.gz");
    const resume = [file("many.txt"), "-o", killed, ...common, "--resume"];
    for (let kill = 0; kill < kills; kill++) {
      await annotate(resume, { killAfter: 150 + Math.random() * 1000 });
      if (existsSync(killed) && !existsSync(`${killed}.journal`)) rmSync(killed);
    }
    expect(await annotate(resume)).toMatchObject({ status: 0 });
    for (const ending of ["", ".rejected.jsonl"]) {
      expect(readFileSync(killed + ending).equals(readFileSync(file(`whole.jsonl.gz${ending}`)))).toBe(true);
    }
    expect(readdirSync(folder).filter((name) => /killed.*\.(partial|journal)/.test(name))).toEqual([]);
  });

  test.each([
    ["files of some documents each", ["--output-format", "jsonl", "--shard", "100"]],
    ["two files a document", ["--output-format", "brat"]],
  ])("gives the files of a run that was not killed: %s", async (_what, options) => {
    const inputs = ["first", "second"].map((name) => file(`${name}.txt`));
    for (const [index, path] of inputs.entries()) {
      writeFileSync(path, documents.slice(...(index === 0 ? [0, half] : [half])));
    }
    const common = [...inputs, "-m", fixture("tiny-f32"), "--on-error", "skip", ...options];
    const place = mkdtempSync(join(folder, "killed-"));
    const [whole, killed] = [join(place, "whole"), join(place, "killed")];
    expect(await annotate([...common, "-o", whole])).toMatchObject({ status: 0 });
    for (let kill = 0; kill < kills; kill++) {
      const { status } = await annotate([...common, "-o", killed, "--resume"], {
        killAfter: 150 + Math.random() * 1000,
      });
      if (status === 0) rmSync(killed, { recursive: true });
    }
    expect(await annotate([...common, "-o", killed, "--resume"])).toMatchObject({ status: 0 });
    expect(contentsOf(killed)).toEqual(contentsOf(whole));
  });

  test("refuses to go on with another model", async () => {
    writeFileSync(file("model.jsonl"), `${'{"text":"He has gout."}\n'.repeat(300)}{}\n`);
    const models = ["first.gguf", "second.gguf"].map(file);
    for (const [index, model] of models.entries()) {
      copyFileSync(fixture("tiny-f32"), model);
      utimesSync(model, 0, index); // the same name and size, perhaps other weights
    }
    const runs = [models[0], models[1], models[0]].map((model = "") => [
      ...[file("model.jsonl"), "-o", file("model.out.jsonl"), "--resume", "-m", model],
    ]);
    const errors: string[] = [];
    for (const args of runs) errors.push((await annotate(args)).stderr);
    expect(errors).toEqual([
      expect.stringContaining("model.jsonl:301:"),
      expect.stringContaining("is of another input or other options"),
      expect.stringContaining("model.jsonl:301:"),
    ]);
  });

  test("leaves what is complete alone, and refuses an output of another job", async () => {
    const output = file("other.jsonl");
    writeFileSync(file("other.txt"), "He has gout.");
    expect((await annotate([file("other.txt"), "-o", output])).status).toBe(0);
    const again = await annotate([file("other.txt"), "-o", output, "--resume", "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ files: [{ skipped: true }] });

    rmSync(output);
    const entry = { version: 1, job: "another", process: { id: 1, host: "elsewhere" } };
    const progress = { documents: 0, rejected: 0, bytes: 0, rejectedBytes: 0, complete: false };
    writeFileSync(`${output}.journal`, JSON.stringify({ ...entry, progress }));
    expect(await annotate([file("other.txt"), "-o", output, "--resume"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("is of another input or other options"),
    });
  });
});
