/**
 * Measures a run over a PubMed baseline file beside `recognizeBatch` of the same texts in memory.
 * Usage: npm run benchmark:annotate -- [options]; see README.md.
 */
import { createWriteStream, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Command } from "commander";
import { sampleTexts } from "../lib/diagnosis/texts.js";
import { annotate } from "../lib/documents/annotate.js";
import type { Transform } from "../lib/documents/job/run-files.js";
import { runFiles } from "../lib/documents/job/run-files.js";
import { readDocuments } from "../lib/documents/open.js";
import { Recognizer } from "../lib/recognizer/recognizer.js";
import { workFolder } from "./settings.js";
import { ratioOf, type Spread, spreadOf } from "./spread.js";

const options = new Command("benchmark:annotate")
  .description("Measures `vaner annotate` on a made PubMed file beside recognizeBatch of the same texts.")
  .option("--citations <count>", "citations of the file; a real baseline file has 30,000", Number, 30_000)
  .option("--rounds <count>", "rounds; all variants take turns in each", Number, 3)
  .parse()
  .opts<{ citations: number; rounds: number }>();

mkdirSync(workFolder, { recursive: true });
const input = join(workFolder, `pubmed-${options.citations}.xml.gz`);
await pipeline(citations(options.citations), createGzip(), createWriteStream(input));
const texts: string[] = [];
for await (const { passages } of readDocuments(input)) {
  texts.push(passages.map(({ text }) => text).join("\n\n"));
}

const recognizer = await Recognizer.load();
await recognizer.recognizeBatch(texts.slice(0, 200));
const batch: number[] = [];
const annotated: number[] = [];
const read: number[] = [];
const cores: number[] = []; // seconds of all cores together
for (let round = 0; round < options.rounds; round++) {
  batch.push(await seconds(() => recognizer.recognizeBatch(texts)));
  const before = process.cpuUsage();
  annotated.push(await seconds(() => run((documents) => annotate(recognizer, documents))));
  const { user, system } = process.cpuUsage(before);
  cores.push((user + system) / 1e6);
  read.push(await seconds(() => run((documents) => documents)));
}
await recognizer.dispose();

const rate = (times: readonly number[]) => times.map((time) => texts.length / time);
const megabytes = process.resourceUsage().maxRSS / 1024;
console.log(
  [
    `recognizeBatch, texts in memory: ${shown(spreadOf(rate(batch)))} documents/s`,
    `PubMed .xml.gz to .jsonl.gz:     ${shown(spreadOf(rate(annotated)))} documents/s`,
    `documents a second of one core:  ${shown(spreadOf(rate(cores)))}, whatever else the machine does`,
    `ratio:                           ${shown(ratioOf(rate(annotated), rate(batch)), 3)}`,
    `reading and writing alone:       ${shown(ratioOf(read, annotated), 3)} of the time`,
    `peak memory:                     ${megabytes.toFixed(0)} MB, the texts of recognizeBatch among them`,
  ].join("\n"),
);

/** A file as PubMed's baseline: a title and an abstract of three parts for each citation. */
function* citations(count: number): Generator<string> {
  yield '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet SYSTEM "pubmed.dtd">\n<PubmedArticleSet>\n';
  for (let index = 0; index < count; index++) {
    const part = (offset: number) => sampleTexts[(index + offset) % sampleTexts.length];
    yield `<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">${index}</PMID><Article>
<ArticleTitle>Case ${index}: ${part(0)?.split(".")[0]}.</ArticleTitle><Abstract>
<AbstractText Label="BACKGROUND">${part(1)}</AbstractText><AbstractText Label="METHODS">${part(2)}</AbstractText>
<AbstractText Label="RESULTS">In group ${index}: ${part(3)}</AbstractText></Abstract>
</Article></MedlineCitation></PubmedArticle>\n`;
  }
  yield "</PubmedArticleSet>\n";
}

async function run(transform: Transform): Promise<void> {
  const output = join(workFolder, "annotated.jsonl.gz");
  rmSync(output, { force: true });
  for await (const _ of runFiles(transform, [input], output, { annotates: true }));
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function shown({ median, min, max }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)}, ${max.toFixed(digits)}]`;
}
