import { stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { VanerError } from "../errors.js";
import { type Evaluation, evaluate } from "../evaluation/evaluate.js";
import { MistakeList } from "../evaluation/mistakes.js";
import { corpusFormats, openCorpus } from "../evaluation/open.js";
import type { Scores } from "../evaluation/scores.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { interruptSignal } from "./interrupt.js";
import { datasetHelp, loadOptions, type ModelFlags, modelOptions, readCount, readNames } from "./options.js";
import { print, printJson, wantsColour } from "./process.js";
import { startProgress } from "./progress.js";
import { renderTable } from "./table.js";

interface Flags extends ModelFlags {
  readonly data: string;
  readonly type: string[];
  readonly dataset?: string;
  readonly format?: string;
  readonly limit?: number;
  readonly context?: boolean;
  readonly errors?: string;
  readonly json?: boolean;
}

/** `vaner eval`: measures entity-level scores on a labelled corpus. */
export function evalCommand(): Command {
  const command = new Command("eval")
    .description(
      "measure precision, recall and F1 on a labelled corpus; an entity is correct if its type and both ends match",
    )
    .requiredOption("--data <file>", `the corpus: a ${listed(corpusFormats.map(({ title }) => title))} file`)
    .requiredOption("-t, --type <types>", "entity types to measure, separated by commas", readNames)
    .option("-d, --dataset <dataset>", datasetHelp)
    .addOption(
      new Option("--format <format>", "format of the corpus (default: recognized by its first line)").choices(
        corpusFormats.map(({ name }) => name),
      ),
    )
    .option(
      "--limit <count>",
      `read only the first <count> ${listed(corpusFormats.map(({ unit, title }) => `${unit} (${title})`))}`,
      readCount,
    )
    .option(
      "--errors <file>",
      "write all false positives and false negatives with their context to a tab-separated file",
    )
    .option(
      "--context",
      "read each sentence of a CoNLL file with its neighbours: they have to be consecutive in their documents",
    )
    .option("--json", "print the scores as JSON");
  return modelOptions(command).action(evaluateCorpus);
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

async function evaluateCorpus(flags: Flags): Promise<void> {
  const { size } = await stat(flags.data).catch((cause: Error) => {
    throw new VanerError("ERR_VANER_CORPUS", `The corpus cannot be read: ${cause.message}.`, { cause });
  });
  const signal = interruptSignal();
  await using recognizer = await Recognizer.load({ ...loadOptions(flags), signal });
  const mistakes = flags.errors === undefined ? undefined : await MistakeList.open(flags.errors);
  const progress = startProgress("evaluating", size);
  try {
    const corpus = openCorpus(flags.data, {
      types: flags.type,
      format: flags.format,
      limit: flags.limit,
      onProgress: (bytes) => progress.update(bytes),
    });
    const evaluation = await evaluate(recognizer, corpus, {
      types: flags.type,
      dataset: flags.dataset,
      context: flags.context,
      signal,
      onText: (gold, comparison) => mistakes?.add(gold, comparison),
    });
    progress.stop();
    // Before the scores: a reader that closes the pipe ends the process.
    await mistakes?.close();
    await (flags.json ? printJson(evaluation) : print(render(evaluation)));
  } finally {
    progress.stop();
    await mistakes?.discard();
  }
}

function render(evaluation: Evaluation): string {
  const { types, sentences, seconds } = evaluation;
  const named = Object.entries(types);
  const rows = [...named, ...(named.length > 1 ? [["all", evaluation] as const] : [])];
  const table = renderTable(
    ["type", "precision", "recall", "F1", "support", "predicted", "correct"],
    rows.map(([type, scores]) => [type, ...cellsOf(scores)]),
    "lrrrrrr",
    wantsColour(),
  );
  return `${table}\n${sentences} ${sentences === 1 ? "sentence" : "sentences"} in ${seconds.toFixed(1)} s\n`;
}

function cellsOf({ precision, recall, f1, support, predicted, correct }: Scores): string[] {
  const shares = [precision, recall, f1].map((share) => `${(100 * share).toFixed(2)} %`);
  return [...shares, ...[support, predicted, correct].map(String)];
}
