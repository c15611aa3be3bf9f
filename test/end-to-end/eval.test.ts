import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Recognizer } from "../../lib/index.js";
import { vaner, vanerPath } from "../support/cli.js";
import { fixture } from "../support/paths.js";
import { testOnLinux } from "../support/platforms.js";

/** Words and gold tags: some that the model finds, one that it cannot find. */
const sentences: [word: string, tag: string][][] = [
  "Patients with breast cancer were treated .".split(" ").map((word) => [word, "O"]),
  "Asthma and severe diabetes mellitus are common .".split(" ").map((word) => [word, "O"]),
];
const mark = (sentence: number, word: number, tag: string) => {
  (sentences[sentence]?.[word] as [string, string])[1] = tag;
};
mark(0, 2, "B-Disease");
mark(0, 3, "I-Disease");
mark(1, 0, "B-Disease");
mark(1, 6, "B-Disease"); // "common" is not a disease

const conll = sentences.map((words) => words.map((pair) => pair.join("\t")).join("\n")).join("\n\n");
const raw = "Patients with breast cancer were treated. Asthma and severe diabetes mellitus are common.";
const pubtator = `7|t|${raw}\n7|a|\n7\t14\t27\tbreast cancer\tSpecificDisease\tD1\n7\t42\t48\tAsthma\tDisease\tD2\n`;
const jsonl = JSON.stringify({
  text: raw,
  entities: [
    { type: "Disease", start: 14, end: 27, text: "breast cancer" },
    { type: "Disease", start: 42, end: 48, text: "Asthma" },
  ],
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-eval-"));
  writeFileSync(join(folder, "a.tsv"), conll);
  writeFileSync(join(folder, "a.pubtator"), pubtator);
  writeFileSync(join(folder, "a.jsonl"), jsonl);
  writeFileSync(join(folder, "broken.tsv"), "Asthma\tB-Disease\nand\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);

describe("vaner eval", () => {
  test("scores a CoNLL file with its own words, and lists the mistakes", async () => {
    const args = [
      "eval",
      "--data",
      file("a.tsv"),
      "--type",
      "Disease",
      "--errors",
      file("errors.tsv"),
      "--json",
    ];
    const { code, stdout, stderr } = await vaner(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const result = JSON.parse(stdout);

    const recognizer = await Recognizer.load();
    const inputs = sentences.map((pairs) => ({ words: pairs.map(([word]) => word) }));
    const found = (await recognizer.recognizeBatch(inputs, { types: ["Disease"] })).map((entities) =>
      entities.map((entity) => entity.text),
    );
    await recognizer.dispose();
    expect(found[0]).toEqual(["breast cancer"]);
    expect(found[1]).toContain("Asthma");

    const predicted = found.flat().length;
    expect(result).toMatchObject({ support: 3, predicted, correct: 2, sentences: 2, recall: 2 / 3 });
    expect(result.precision).toBeCloseTo(2 / predicted, 12);
    expect(result.seconds).toBeGreaterThan(0);
    expect(result.types.Disease).toMatchObject({ support: 3, predicted, correct: 2 });

    const [head, ...mistakes] = readFileSync(file("errors.tsv"), "utf8").trimEnd().split("\n");
    expect(head).toBe("mistake\ttype\tmention\tscore\twhere\tstart\tend\tcontext");
    expect(mistakes).toHaveLength(predicted - 2 + 1);
    expect(mistakes).toContainEqual(expect.stringMatching(/^false negative\tDisease\tcommon\t\tline 9\t/));
  });

  test("scores a PubTator file by exact offsets, with its own segmentation", async () => {
    const { code, stdout } = await vaner([
      "eval",
      "--data",
      file("a.pubtator"),
      "--type",
      "Disease",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ support: 2, correct: 2, recall: 1, sentences: 2 });
  });

  test("--no-consistency counts what the model finds alone", async () => {
    const text =
      "Progressive external ophthalmoplegia (PEO) is rare. The level of PEO was low. In vitro, PEO increased the " +
      "growth. The dose of PEO was 5 mg.";
    const entities = [{ type: "Disease", start: 0, end: 36, text: text.slice(0, 36) }];
    writeFileSync(file("peo.jsonl"), JSON.stringify({ text, entities }));
    const predicted = async (...flags: string[]): Promise<number> => {
      const args = ["eval", "--data", file("peo.jsonl"), "-t", "Disease", "--json", ...flags];
      return JSON.parse((await vaner(args)).stdout).predicted;
    };
    expect(await predicted()).toBeGreaterThan(await predicted("--no-consistency"));
  });

  test("scores JSON lines by exact offsets", async () => {
    const { code, stdout } = await vaner(["eval", "--data", file("a.jsonl"), "--type", "Disease", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ support: 2, correct: 2, recall: 1, sentences: 2 });
  });

  test("gives the same for both names of the option, and says how sure the scores are", async () => {
    const [one, other] = await Promise.all(
      ["--type", "--types"].map((option) =>
        vaner(["eval", "--data", file("a.tsv"), option, "Disease", "--json"]),
      ),
    );
    const [{ seconds: _, ...result }, { seconds: __, ...again }] = [one, other].map((ended) =>
      JSON.parse(ended?.stdout ?? ""),
    );
    expect(result).toEqual(again);
    const { intervals, macro, types, bootstrap, ignored, skipped } = result;
    expect(bootstrap).toEqual({ resamples: 1000, seed: 1, level: 0.95, texts: 2 });
    expect({ ignored, skipped }).toEqual({ ignored: {}, skipped: { documents: 0, annotations: 0 } });
    expect(macro.f1).toBe(result.f1);
    expect(result.relaxed).toMatchObject({ support: 3 });
    expect(intervals.types.Disease).toEqual(intervals.micro);
    const [low, high] = intervals.micro.recall;
    expect(low).toBe(0.5);
    expect(high).toBe(1);
    expect(types.Disease.relaxed).toEqual(result.relaxed);
  });

  test("compares two models on the same texts", async () => {
    const args = ["eval", "--data", file("a.tsv"), "-t", "Disease", "--baseline", fixture("tiny-f32")];
    const { code, stdout, stderr } = await vaner([...args, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { f1, baseline } = JSON.parse(stdout);
    expect(baseline).toMatchObject({ model: fixture("tiny-f32"), support: 3 });
    expect(baseline.differences.micro.f1).toBeCloseTo(f1 - baseline.f1, 12);
    expect(baseline.differences.types.Disease).toEqual(baseline.differences.micro);
    expect((await vaner(args)).stdout).toMatch(/^type +F1 +baseline +difference +95 % interval +p$/m);
  });

  test("lists types that the model does not know, and counts them as others", async () => {
    const strange = conll.replaceAll("-Disease", "-Illness");
    writeFileSync(file("strange.tsv"), `${strange}\n\nBRCA1\tB-Gene\nmutates\tO\n`);
    const args = ["eval", "--data", file("strange.tsv"), "--types"];
    const alone = await vaner([...args, "Gene", "--json"]);
    expect(alone.stderr).toMatch(/^vaner: not measured: Illness \(3\)\. The model knows .*Disease/);
    expect(JSON.parse(alone.stdout)).toMatchObject({ support: 1, ignored: { Illness: 3 } });
    const map = ["--map", "Illness=Disease", "--map", "Sickness=Disease"];
    const mapped = await vaner([...args, "Disease,Gene", ...map]);
    expect(mapped.stderr).toBe("vaner: --map Sickness=Disease: the corpus has no Sickness\n");
    expect(mapped.stdout).toMatch(/^all, macro /m);
    const absent = await vaner([...args, "Disease"]);
    expect(absent).toMatchObject({ code: 1, stdout: "" });
    expect(absent.stderr).toContain('has no entity of "Disease". It has "Illness" (3), "Gene" (1)');
  });

  test("leaves out what is malformed and counts it, if asked to", async () => {
    writeFileSync(file("bad.pubtator"), `${pubtator}7\t42\t48\tasthma\tDisease\tD2\n`);
    const args = ["eval", "--data", file("bad.pubtator"), "-t", "Disease"];
    expect(await vaner(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("bad.pubtator:5:"),
    });
    const { stdout, stderr } = await vaner([...args, "--on-error", "skip"]);
    expect(stderr).toMatch(/^vaner: left out: .*bad.pubtator:5:.*\n$/);
    expect(stdout).toMatch(/^left out: 1 malformed annotation$/m);
  });

  test("prints a table, and stops at the limit", async () => {
    const { stdout } = await vaner(["eval", "--data", file("a.tsv"), "--type", "Disease", "--limit", "1"]);
    expect(stdout).toContain("Disease   100.00 %  100.00 %  100.00 %        1");
    expect(stdout).toMatch(/^1 sentence in /m);
  });

  test.each([
    ["a corpus that is not there", ["--data", "none.tsv", "--type", "Disease"], 1, "ERR_VANER_CORPUS"],
    ["no type", ["--data", "a.tsv"], 2, "--type"],
    [
      "a type that the model does not know",
      ["--data", "a.tsv", "--type", "Weather"],
      2,
      "ERR_VANER_UNKNOWN_TYPE",
    ],
    [
      "a mapping to a type that is not measured",
      ["--data", "a.tsv", "-t", "Gene", "--map", "A=B"],
      2,
      "--map",
    ],
    ["half a mapping", ["--data", "a.tsv", "-t", "Gene", "--map", "A"], 2, "--map A"],
    [
      "a baseline that is not there",
      ["--data", "a.tsv", "-t", "Disease", "--baseline", "no.gguf"],
      1,
      "no.gguf",
    ],
    ["a malformed line", ["--data", "broken.tsv", "--type", "Disease"], 1, "broken.tsv:2:"],
  ])("reports %s", async (_, args, status, message) => {
    const placed = args.map((arg) => (/\.tsv$/.test(arg) ? file(arg) : arg));
    const { code, stdout, stderr } = await vaner(["eval", ...placed]);
    expect({ code, stdout }).toEqual({ code: status, stdout: "" });
    expect(stderr).toContain(message);
  });
});

testOnLinux("Ctrl-C ends it and shows the cursor again", async () => {
  writeFileSync(file("long.tsv"), `${conll}\n\n`.repeat(20_000));
  const command = [
    "exec", // a shell that stays would end by the signal too, with a status of its own
    process.execPath,
    vanerPath(),
    "eval",
    "--data",
    file("long.tsv"),
    "-t",
    "Disease",
  ];
  // A terminal of its own, in which Ctrl-C is a signal.
  const child = spawn("script", ["--quiet", "--return", "--command", command.join(" "), "/dev/null"]);
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    if (!shown.includes("evaluating") && chunk.includes("evaluating")) child.stdin.write("\x03");
    shown += chunk;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, shown }).toEqual({ code: 1, shown: expect.stringContaining("stopped by SIGINT") });
  expect(shown.lastIndexOf("\x1b[?25h")).toBeGreaterThan(shown.lastIndexOf("\x1b[?25l"));
});
