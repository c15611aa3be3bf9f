import {
  type ByAverage,
  bootstrapSettings,
  type Difference,
  differencesOf,
  type Interval,
  intervalsOf,
  type RateIntervals,
} from "../evaluation/bootstrap.js";
import type { CorpusSurvey } from "../evaluation/corpus.js";
import type { CountedEvaluation, Evaluation } from "../evaluation/evaluate.js";
import type { DetailedScores, Rates, Scores } from "../evaluation/scores.js";
import { renderTable } from "./table.js";

/** What `vaner eval --json` prints. */
export interface EvaluationReport extends Evaluation {
  readonly intervals: ByAverage<RateIntervals>;
  readonly bootstrap: typeof bootstrapSettings & { readonly texts: number };
  /** Annotations of types that were not measured, by type. */
  readonly ignored: Readonly<Record<string, number>>;
  /** What was malformed and left out. */
  readonly skipped: Readonly<Record<"documents" | "annotations", number>>;
  /** The same for another model, and how much better the first one is. */
  readonly baseline?: Evaluation & {
    readonly model: string;
    readonly differences: ByAverage<Difference>;
  };
}

export function makeReport(
  { counts, ...evaluation }: CountedEvaluation,
  { ignored }: CorpusSurvey,
  skipped: { readonly document: number; readonly annotation: number },
  baseline?: { readonly model: string; readonly evaluation: CountedEvaluation },
): EvaluationReport {
  const report = {
    ...evaluation,
    intervals: intervalsOf(counts),
    bootstrap: { ...bootstrapSettings, texts: counts.texts },
    ignored: Object.fromEntries(ignored),
    skipped: { documents: skipped.document, annotations: skipped.annotation },
  };
  if (!baseline) return report;
  const { counts: others, ...other } = baseline.evaluation;
  return {
    ...report,
    baseline: { model: baseline.model, ...other, differences: differencesOf(counts, others) },
  };
}

/** What a user should know of the corpus, a line each: types that were not measured for want of a name. */
export function renderNotes(
  { ignored, annotated }: CorpusSurvey,
  map: ReadonlyMap<string, string>,
  known: readonly string[],
): string {
  const unknown = [...ignored].filter(([type]) => !known.includes(type));
  const unused = [...map].filter(([type]) => !annotated.has(type));
  const lines = unused.map(([from, to]) => `--map ${from}=${to}: the corpus has no ${from}`);
  if (unknown.length > 0) {
    const types = unknown.map(([type, count]) => `${type} (${count})`).join(", ");
    lines.push(`not measured: ${types}. The model knows ${known.join(", ")}: see --map`);
  }
  return lines.map((line) => `vaner: ${line}\n`).join("");
}

export function renderReport(report: EvaluationReport, colour: boolean): string {
  const { sentences, seconds, bootstrap, skipped, baseline } = report;
  const resampled = `${bootstrap.resamples.toLocaleString("en")} bootstrap resamples of ${counted(bootstrap.texts, "text")}`;
  const left = [
    ...(skipped.documents > 0 ? [counted(skipped.documents, "malformed document")] : []),
    ...(skipped.annotations > 0 ? [counted(skipped.annotations, "malformed annotation")] : []),
  ];
  return [
    renderScores(report, colour),
    renderDetails(report, colour),
    ...(baseline ? [renderDifferences(report, baseline, colour)] : []),
    `${counted(sentences, "sentence")} in ${seconds.toFixed(1)} s; intervals by ${resampled}\n`,
    ...(left.length > 0 ? [`left out: ${left.join(", ")}\n`] : []),
  ].join("\n");
}

function renderScores(report: EvaluationReport, colour: boolean): string {
  return renderTable(
    ["type", "precision", "recall", "F1", "support", "predicted", "correct"],
    rowsOf(report).map(([name, scores]) => [name, ...ratesOf(scores), ...countsOf(scores)]),
    "lrrrrrr",
    colour,
  );
}

function renderDetails(report: EvaluationReport, colour: boolean): string {
  const intervals = valuesOf(report.intervals);
  return renderTable(
    ["type", "95 % interval of F1", "relaxed F1", "boundary errors", "type errors"],
    rowsOf(report).map(([name, scores], row) => [
      name,
      intervalOf(intervals[row]?.f1),
      ...("relaxed" in scores
        ? [percent(scores.relaxed.f1), String(scores.boundaryErrors), String(scores.typeErrors)]
        : []),
    ]),
    "lrrrr",
    colour,
  );
}

function renderDifferences(
  report: EvaluationReport,
  baseline: NonNullable<EvaluationReport["baseline"]>,
  colour: boolean,
): string {
  const differences = valuesOf(baseline.differences);
  const others = rowsOf(baseline);
  return renderTable(
    ["type", "F1", "baseline", "difference", "95 % interval", "p"],
    rowsOf(report).map(([name, { f1 }], row) => [
      name,
      percent(f1),
      percent(others[row]?.[1].f1 ?? 0),
      points(differences[row]?.f1 ?? 0),
      intervalOf(differences[row]?.interval, points),
      (differences[row]?.p ?? 1).toFixed(3),
    ]),
    "lrrrrr",
    colour,
  );
}

/** The types; and, of several, their averages. */
function rowsOf(evaluation: Evaluation): [name: string, scores: DetailedScores | Rates][] {
  const types = Object.entries(evaluation.types);
  if (types.length === 1) return types;
  return [...types, ["all, micro", evaluation], ["all, macro", evaluation.macro]];
}

/** In the order of {@link rowsOf}. */
function valuesOf<Value>({ types, micro, macro }: ByAverage<Value>): Value[] {
  return [...Object.values(types), micro, macro];
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const points = (share: number) => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(2)}`;

const intervalOf = (interval: Interval | undefined, show = percent) =>
  interval ? `${show(interval[0])} – ${show(interval[1])}` : "";

const ratesOf = ({ precision, recall, f1 }: Rates) => [precision, recall, f1].map(percent);

const countsOf = (scores: Rates | Scores) =>
  "support" in scores ? [scores.support, scores.predicted, scores.correct].map(String) : [];
