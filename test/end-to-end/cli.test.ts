import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { vaner, vanerPath } from "../support/cli.js";
import { adapterFixture, fixture, root } from "../support/paths.js";

const model = fixture("tiny-f32");
const text = "Aspirin can cause asthma. It was seen in mice.";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function json(args: readonly string[], input?: string) {
  const { code, stdout, stderr } = await vaner([...args, "--json"], input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("vaner recognize", () => {
  test("--json prints one text as an object with the API's fields, several as an array", async () => {
    const one = await json(["recognize", "-m", model, text]);
    expect(Object.keys(one)).toEqual(["text", "entities"]);
    expect(one.text).toBe(text);
    expect(one.entities.length).toBeGreaterThan(0);
    for (const entity of one.entities) {
      expect(Object.keys(entity)).toEqual(["type", "text", "start", "end", "score", "sentence"]);
      expect(entity.text).toBe(text.slice(entity.start, entity.end));
    }
    const several = await json(["recognize", "-m", model, text, ""]);
    expect(several).toEqual([one, { text: "", entities: [] }]);
  });

  test("reads a file, or standard input without one or with `-`", async () => {
    const path = join(folder, "text.txt");
    const odd = `\ufeffβ-blockers 😀 for\r\nasthma.\n`;
    writeFileSync(path, odd);
    const expected = await json(["recognize", "-m", model, odd]);
    expect(await json(["recognize", "-m", model, "--file", path])).toEqual(expected);
    expect(await json(["recognize", "-m", model], odd)).toEqual(expected);
    expect(await json(["recognize", "-m", model, "-"], odd)).toEqual(expected);
    expect(await json(["recognize", "-m", model, "--file", "-"], odd)).toEqual(expected);
    expect(await json(["recognize", "-m", model, text, "-f", path])).toHaveLength(2);
  });

  test("reads all files in their order, and tells them apart", async () => {
    const [first, second] = ["first.txt", "second.txt"].map((name) => join(folder, name)) as [string, string];
    writeFileSync(first, text);
    writeFileSync(second, "");
    const expected = await json(["recognize", "-m", model, text]);
    const args = ["recognize", "-m", model, "-f", second, "--file", first, "-f", "-", text];
    expect(await json(args, "")).toEqual([
      expected,
      { file: second, text: "", entities: [] },
      { file: first, ...expected },
      { file: "-", text: "", entities: [] },
    ]);
    const { stdout } = await vaner(args, "");
    expect(stdout.match(/^==> .*/gm)).toEqual([
      `==> ${second} <==`,
      `==> ${first} <==`,
      "==> standard input <==",
    ]);
    expect((await vaner(["recognize", "-m", model, "-f", first])).stdout).not.toContain("==>");
  });

  test("--html prints a page with the entities of all texts", async () => {
    const file = join(folder, "a&b.txt");
    writeFileSync(file, "No gout 💊 & no\nasthma.");
    const { code, stdout, stderr } = await vaner(["recognize", "--html", "He has <b>gout</b>.", "-f", file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^<!DOCTYPE html>\n.*<\/html>\n?$/s);
    const articles = stdout.match(/<article>.*?<\/article>/gs) ?? [];
    const marks = (article = "") => [...article.matchAll(/<mark[^>]*title="(\w+): [^"]*">([^<]*)<\/mark>/g)];
    expect(articles.map((article) => marks(article).map(([, type, text]) => [type, text]))).toEqual([
      [["Disease", "gout"]],
      [
        ["Disease", "gout"],
        ["Disease", "asthma"],
      ],
    ]);
    expect(articles[0]).toContain("&#60;b&#62;");
    expect(articles[1]).toContain("a&#38;b.txt");
    expect(await vaner(["recognize", "--html", "--json", "gout"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--json and --html exclude each other"),
    });
  });

  test("--gpu takes the spellings of the API, in any case", async () => {
    const expected = await json(["recognize", "-m", model, text]);
    for (const gpu of ["off", "cpu", "CPU", "Auto"]) {
      expect(await json(["recognize", "-m", model, "--gpu", gpu, text])).toEqual(expected);
    }
  });

  test("--types, --dataset and --overlaps reach the recognizer", async () => {
    const { entities } = await json(["recognize", "-m", model, "--types", "Chemical", text]);
    expect(new Set(entities.map(({ type }: { type: string }) => type))).toEqual(new Set(["Chemical"]));
    const ncbi = await json(["recognize", "-m", model, "-d", "ncbi", text]);
    expect(ncbi.entities.every(({ type }: { type: string }) => type === "Disease")).toBe(true);
    const resolved = await json([
      "recognize",
      "-m",
      model,
      "--overlaps",
      "resolve",
      "--threads",
      "1",
      "--gpu",
      "off",
      text,
    ]);
    const all = await json(["recognize", "-m", model, text]);
    expect(resolved.entities.length).toBeLessThan(all.entities.length);
  });

  test("--no-consistency reaches the recognizer", async () => {
    const defined =
      "Progressive external ophthalmoplegia (PEO) is rare. The level of PEO was low. In vitro, PEO increased the " +
      "growth. The dose of PEO was 5 mg.";
    const countOf = async (...flags: string[]) =>
      (await json(["recognize", ...flags, "-t", "Disease", defined])).entities.length;
    expect(await countOf()).toBeGreaterThan(await countOf("--no-consistency"));
  });

  test("--lines and --no-lines reach the recognizer", async () => {
    const list = "Aspirin can cause asthma. It was\n- Aspirin can cause asthma\n- Aspirin can cause asthma";
    const lastOf = async (...flags: string[]) =>
      (await json(["recognize", "-m", model, ...flags, list])).entities.at(-1).sentence;
    expect(await lastOf()).toBe(3);
    expect(await lastOf("--lines")).toBe(2);
    expect(await lastOf("--no-lines")).toBe(1);
  });

  test("prints the text and a table, in colour only where wanted", async () => {
    const { code, stdout, stderr } = await vaner(["recognize", "-m", model, text]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^type +score +start +end +sentence +text$/m);
    expect(stdout).not.toContain("\x1b");
    const coloured = await vaner(["recognize", "-m", model, text], "", { FORCE_COLOR: "1" });
    expect(coloured.stdout).toContain("\x1b[");
    const plain = await vaner(["recognize", "-m", model, text], "", { FORCE_COLOR: "1", NO_COLOR: "1" });
    expect(plain.stdout).not.toContain("\x1b");
  });

  test("--adapter loads an adapter", async () => {
    const { entities } = await json([
      "recognize",
      "-m",
      model,
      "--adapter",
      adapterFixture("tiny-own-heads"),
      text,
    ]);
    expect(new Set(entities.map(({ type }: { type: string }) => type))).toEqual(new Set(["Gene", "Species"]));
    const { code, stderr } = await vaner(["recognize", "-m", model, "-a", model, text]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("not an adapter") });
  });

  test("uses the default model", async () => {
    const { entities } = await json(["recognize", "--types", "Species", text]);
    expect(entities).toMatchObject([{ type: "Species", text: "mice", sentence: 1 }]);
  });
});

describe("vaner inspect", () => {
  test("explains how an adapter is loaded", async () => {
    const { code, stdout } = await vaner(["inspect", adapterFixture("tiny-own-heads")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^adapter +lora$/m);
    expect(stdout).toMatch(/^alpha +8$/m);
    expect(stdout).toMatch(/^ranks +4$/m);
    expect(stdout).toMatch(/^heads +Gene, Species$/m);
    expect(stdout).toMatch(/^loads +.*--model MODEL --adapter FILE$/m);
  });

  test("--json prints the API's fields", async () => {
    const file = await json(["inspect", fixture("tiny-heads-f32")]);
    expect(file).toMatchObject({
      format: 1,
      heads: ["Disease", "Chemical"],
      labels: ["O", "I", "B"],
      problem: null,
    });
    expect(file.quantization).toMatchObject([{ type: "F32" }]);
  });

  test("prints the same as text, also for files that cannot be loaded", async () => {
    const { code, stdout } = await vaner(["inspect", fixture("tiny-llama")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^architecture +llama$/m);
    expect(stdout).toMatch(/^loads +no: .*ERR_VANER_MODEL_ARCHITECTURE/m);
  });
});

describe("exit status", () => {
  test.each([
    [0, ["--help"]],
    [0, ["--version"]],
    [0, ["recognize", "--help"]],
  ])("%d: %j", async (code, args) => {
    const ended = await vaner(args);
    expect(ended).toMatchObject({ code, stderr: "" });
    expect(ended.stdout).not.toBe("");
  });

  test.each([
    [2, [], /Usage/],
    [2, ["what"], /unknown command/],
    [2, ["recognize", "--what"], /unknown option/],
    [2, ["recognize", "--types", "A,,B", text], /types/],
    [2, ["recognize", "--threads", "0", text], /whole number/],
    [2, ["recognize", "--int8", "sometimes", text], /auto, all, off/],
    [2, ["recognize", "--int8-scales", "columns", text], /auto, blocks, rows/],
    [2, ["recognize", "--overlaps", "drop", text], /keep, resolve/],
    [
      2,
      ["recognize", "-m", model, "--types", "Planet", text],
      /^vaner: .*Planet.* \(ERR_VANER_UNKNOWN_TYPE\)$/m,
    ],
    [2, ["recognize", "-m", model, "--types", "disease", text], /Did you mean "Disease"\?/],
    [2, ["recognize", "-m", model, "-d", "none", text], /ERR_VANER_UNKNOWN_DATASET/],
    [2, ["recognize", "-m", model, "-", "--file", "-"], /Standard input can be read only once/],
    [
      1,
      ["recognize", "-m", model, "--gpu", "CUDA7", text],
      /no device 'CUDA7' here\. Available: CPU.*'off' for the CPU.*docs\/gpu\.md.*\(ERR_VANER_DEVICE\)/,
    ],
    [2, ["inspect"], /missing required argument/],
    [
      1,
      ["recognize", "-m", "missing.gguf", text],
      /^vaner: .*missing\.gguf.* \(ERR_VANER_MODEL_NOT_FOUND\)$/m,
    ],
    [
      1,
      ["recognize", "-m", model, "--file", "missing.txt"],
      /^vaner: The file missing\.txt cannot be read: .* \(ENOENT\)$/m,
    ],
    [1, ["recognize", "-m", fixture("tiny-llama"), "--json", text], /ERR_VANER_MODEL_ARCHITECTURE/],
    [1, ["inspect", "package.json"], /ERR_VANER_MODEL_NOT_GGUF/],
  ])("%d: %j", async (code, args, message) => {
    const ended = await vaner(args);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.stderr).toMatch(message);
  });

  test("1: a missing addon, but only if the command needs it", async () => {
    const without = { VANER_NATIVE_ADDON: join(folder, "missing.node") };
    const ended = await vaner(["recognize", "-m", model, text], "", without);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(/missing\.node[\s\S]*VANER_NATIVE_ADDON[\s\S]*\(ERR_VANER_NATIVE_LOAD\)/);
    expect((await vaner(["--version"], "", without)).code).toBe(0);
  });

  test("2: input that is not UTF-8", async () => {
    const ended = await vaner(["recognize", "-m", model], Uint8Array.of(0x61, 0xff, 0x62));
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/standard input is not UTF-8/);
  });

  test("0 without an error message when the reader closes the pipe", async () => {
    const path = join(folder, "long.txt");
    writeFileSync(path, `${text} `.repeat(300));
    const args = [vanerPath(), "recognize", "-m", model, "--file", path, "--json"];
    const child = spawn(process.execPath, args, { cwd: root });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (chunk) => (stderr += chunk));
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
