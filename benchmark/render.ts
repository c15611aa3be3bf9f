import { renderTable } from "../lib/cli/table.js";
import type { Report } from "./report.js";
import { type Spread, spreadOf } from "./spread.js";

/** The report as tables for people: medians, with the minimum and maximum of the rounds in brackets. */
export function renderReport(report: Report): string {
  const { machine, settings, skipped } = report;
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node.js ${machine.node}`,
    `${settings.threads} threads, ${settings.rounds} rounds, ${settings.sentences} sentences, ` +
      `${settings.tokens.text} tokens with the instruction (${settings.computed.text} if it is computed once); ` +
      "medians [min, max]",
    ...skipped.map(({ name, skipped }) => `skipped: ${name}: ${skipped}`),
  ];
  const parts = [throughputTable(report), limitsTable(report), startLine(report), latencyTable(report)];
  if (report.corpus.length > 0) parts.push(corpusTable(report));
  return [`${lines.join("\n")}\n`, ...parts.filter((part) => part !== "")].join("\n");
}

function throughputTable({ throughput }: Report): string {
  const head = [
    "peer",
    "setting",
    "tokens/s",
    "computed/s",
    "sentences/s",
    "we are",
    "JavaScript",
    "its CPU",
    "same labels",
    "peak RSS",
  ];
  const rows = throughput.map((row) => [
    row.peer,
    row.variant,
    spread(row.tokensPerSecond),
    Math.round(row.computedPerSecond.median).toString(),
    row.sentencesPerSecond ? spread(row.sentencesPerSecond, 1) : "",
    `${row.ownTimes.median.toFixed(2)}x [${row.ownTimes.min.toFixed(2)}, ${row.ownTimes.max.toFixed(2)}]`,
    row.javascript ? percent(row.javascript.median) : "",
    row.javascriptCpu ? percent(row.javascriptCpu.median) : "",
    row.agreement === null ? "" : percent(row.agreement),
    row.peakBytes === null ? "" : mebibytes(row.peakBytes),
  ]);
  return renderTable(head, rows, "llrrrrrrrr", false);
}

function limitsTable({ limits }: Report): string {
  if (!limits) return "";
  const head = ["the machine's limit", "with", "GOP/s", "tokens/s", "we reach"];
  const rows = limits.kinds.map(({ kind, instruction, gops, tokensPerSecond, share }) => [
    kind,
    instruction,
    spread(gops),
    spread(tokensPerSecond),
    percent(share.median),
  ]);
  return renderTable(head, rows, "llrrr", false);
}

function startLine({ start }: Report): string {
  return `from process start to the first entities: ${spread(spreadOf(start), 2)} s\n`;
}

function latencyTable({ latency }: Report): string {
  const head = ["callers", "calls/s", "p50 ms", "p99 ms", "event-loop delay p99 ms", "JavaScript", "its CPU"];
  const rows = latency.map((one) => [
    String(one.callers),
    (one.calls / one.seconds).toFixed(1),
    one.p50.toFixed(1),
    one.p99.toFixed(1),
    one.eventLoopDelayP99.toFixed(1),
    percent(one.javascript),
    one.javascriptCpu === null ? "" : percent(one.javascriptCpu),
  ]);
  return renderTable(head, rows, "rrrrrrr", false);
}

function corpusTable({ corpus }: Report): string {
  const head = ["corpus, sentences", "seconds", "sentences/s", "peak RSS"];
  const rows = corpus.map(({ sentences, seconds, peakBytes }) => [
    String(sentences),
    seconds.toFixed(1),
    (sentences / seconds).toFixed(1),
    mebibytes(peakBytes),
  ]);
  return renderTable(head, rows, "rrrr", false);
}

function spread({ median, min, max }: Spread, digits = 0): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)}, ${max.toFixed(digits)}]`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
