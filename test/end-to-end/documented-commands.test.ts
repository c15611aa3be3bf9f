import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect } from "@jest/globals";
import { acceptedCases, layOut } from "../support/checkpoints.js";
import { vanerPath } from "../support/cli.js";
import { pages, samples } from "../support/documentation.js";
import { root } from "../support/paths.js";
import { testExceptOnWindows } from "../support/platforms.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-commands-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Small files under the names that the pages use. */
beforeAll(() => {
  for (const name of ["docs", "models"]) symlinkSync(join(root, name), join(folder, name));
  const copy = (from: string, ...names: string[]) => {
    for (const name of names) cpSync(from, join(folder, name), { recursive: true });
  };
  const checkpoint = (name: string) => {
    const target = join(folder, "checkpoints", name);
    layOut(acceptedCases.find((entry) => entry.name === name) as (typeof acceptedCases)[number], target);
    return target;
  };
  copy(join(root, "docs", "images", "abstract.txt"), "abstract.txt", "abstracts.txt");
  copy(join(root, "docs", "examples", "diseases.tsv"), "test.tsv");
  const annotations = "1\t0\t9\tCisplatin\tChemical\tD002945\n1\t10\t18\ttoxicity\tDisease\tD064420";
  writeFileSync(
    join(folder, "CDR_TestSet.PubTator.txt"),
    `1|t|Cisplatin toxicity.\n1|a|It damages the kidney.\n${annotations}\n`,
  );

  writeFileSync(join(folder, "abstracts.jsonl"), '{"id":"1","text":"Cisplatin damages the kidney."}\n');
  const citation = "<PMID>1</PMID><Article><ArticleTitle>Cisplatin toxicity.</ArticleTitle></Article>";
  const file = `<PubmedArticleSet><MedlineCitation>${citation}</MedlineCitation></PubmedArticleSet>`;
  writeFileSync(join(folder, "pubmed26n0001.xml.gz"), gzipSync(file));

  const vaner = checkpoint("vaner");
  copy(join(vaner, "checkpoint"), "llama-2-7b");
  copy(join(vaner, "adapter"), "vaner-lora");
  const vaner2 = checkpoint("vaner2-bio");
  copy(join(vaner2, "checkpoint"), "llama-3.1-8b");
  for (const name of ["pretrain", "finetune", "saved.pt"]) copy(join(vaner2, name), name);
  writeFileSync(join(folder, "LLAMA3.1_prompt.txt"), "Find the entities of all types. Text: ");
  const classifier = checkpoint("adapter-rank-stabilized");
  copy(join(classifier, "checkpoint"), "my-checkpoint", "my-token-classifier", "base");
  copy(join(classifier, "adapter"), "diseases-lora");
  copy(join(checkpoint("bert-cased"), "checkpoint"), "my-bert");
});

/** Blocks that only call `vaner`; others build and test this project. */
const blocks = pages
  .map((page) => ({
    page,
    code: samples(page, "sh").filter((block) => /\bvaner\b/.test(block) && !/\bnpm\b/.test(block)),
  }))
  .filter(({ code }) => code.length > 0);

testExceptOnWindows.each(blocks)("the commands of $page work", async ({ code }) => {
  const prelude = `set -euo pipefail
    vaner() { '${process.execPath}' '${vanerPath()}' "$@"; }
    npx() { "$@"; }`;
  const child = spawn("bash", ["-c", [prelude, ...code].join("\n")], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (chunk) => (errors += chunk));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  expect({ status, errors: status === 0 ? "" : errors }).toEqual({ status: 0, errors: "" });
});
