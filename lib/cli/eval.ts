import { stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { documentFormats } from "../documents/registry.js";
import { invalidArgument, listed, VanerError } from "../errors.js";
import {
  type CorpusOptions,
  type CorpusSurvey,
  checkSupport,
  readCorpus,
  surveyCorpus,
} from "../evaluation/corpus.js";
import { type CountedEvaluation, evaluate } from "../evaluation/evaluate.js";
import { MistakeList } from "../evaluation/mistakes.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { makeReport, renderNotes, renderReport } from "./eval-report.js";
import { interruptSignal } from "./interrupt.js";
import {
  collect,
  datasetHelp,
  loadOptions,
  type ModelFlags,
  modelOptions,
  type ReadFlags,
  readCount,
  readOptions,
  typesOption,
} from "./options.js";
import { print, printJson, wantsColour } from "./process.js";
import { startProgress } from "./progress.js";
import { consistencyOption } from "./recognize-options.js";

interface Flags extends ModelFlags, ReadFlags {
  readonly data: string;
  readonly types: string[];
  readonly map?: string[];
  readonly dataset?: string;
  readonly format?: string;
  readonly limit?: number;
  readonly onError: "fail" | "skip";
  readonly consistency?: boolean;
  readonly context?: boolean;
  readonly baseline?: string;
  readonly errors?: string;
  readonly json?: boolean;
}

/** `vaner eval`: measures entity-level scores on a labelled corpus. */
export function evalCommand(): Command {
  const command = new Command("eval")
    .description(
      "measure precision, recall and F1 on a labelled corpus; an entity is correct if its type and both ends match",
    )
    .requiredOption(
      "--data <path>",
      "the corpus, in a format with annotations: a file, or a folder of files; .gz and .zst are decompressed",
    );
  typesOption(command, "entity types to measure, separated by commas", true)
    .option(
      "--map <type=type>",
      "count a type of the corpus as one of --types, for example GeneOrGeneProduct=Gene; may be repeated",
      collect,
    )
    .option("-d, --dataset <dataset>", datasetHelp)
    .addOption(
      new Option("--format <format>", "format of the corpus (default: what it looks like)").choices(
        documentFormats.filter((format) => format.read).map(({ name }) => name),
      ),
    );
  readOptions(command)
    .option("--limit <count>", "read only the first <count> documents, or sentences of words", readCount)
    .addOption(
      new Option(
        "--on-error <action>",
        "what to do with a malformed document or annotation: fail, or skip = leave it out and count it",
      )
        .choices(["fail", "skip"])
        .default("fail"),
    )
    .option("--baseline <file>", "GGUF file of another model: compare the two by paired bootstrap")
    .option(
      "--errors <file>",
      "write all false positives and false negatives with their context to a tab-separated file",
    )
    .option(
      "--context",
      "read each sentence of words with its neighbours: they have to be consecutive in their documents",
    )
    .option("--json", "print the scores as JSON");
  return modelOptions(consistencyOption(command)).action(evaluateCorpus);
}

/**
 * Reads mappings such as `GeneOrGeneProduct=Gene`.
 * @param types to which the mappings may lead
 */
function readMap(mappings: readonly string[], types: readonly string[]): Map<string, string> {
  return new Map(
    mappings.map((mapping) => {
      const [from = "", to, ...more] = mapping.split("=").map((name) => name.trim());
      if (to === undefined || more.length > 0 || !types.includes(to)) {
        throw invalidArgument(
          `--map ${mapping}: give a type of the corpus, "=", and one of --types: ${listed(types)}.`,
        );
      }
      return [from, to];
    }),
  );
}

async function evaluateCorpus(flags: Flags): Promise<void> {
  const { data, types, baseline } = flags;
  const map = readMap(flags.map ?? [], types);
  await stat(data).catch((cause: Error) => {
    throw new VanerError("ERR_VANER_CORPUS", `The corpus cannot be read: ${cause.message}.`, { cause });
  });
  const signal = interruptSignal();
  const others = baseline === undefined ? undefined : baselineFlags(flags, baseline);
  // A baseline that cannot be used ends the command before it has worked for hours.
  if (others) await withRecognizer(others, signal, async () => {});
  const skipped = { document: 0, annotation: 0 };
  const { survey, own } = await withRecognizer(flags, signal, async (recognizer) => {
    const survey = await surveyCorpus(
      data,
      corpusOptions(flags, signal, (what, reason) => {
        skipped[what]++;
        process.stderr.write(`vaner: left out: ${reason.message}\n`);
      }),
    );
    checkSupport(data, survey, types, recognizer.types);
    process.stderr.write(renderNotes(survey, map, recognizer.types));
    return { survey, own: await measure(recognizer, flags, survey, signal) };
  });
  const other =
    others &&
    (await withRecognizer(others, signal, (recognizer) => measure(recognizer, others, survey, signal)));
  const report = makeReport(own, survey, skipped, other && { model: others.model, evaluation: other });
  await (flags.json ? printJson(report) : print(renderReport(report, wantsColour())));
}

/** The flags for the baseline: another model on the same texts. */
function baselineFlags(
  { adapter: _, errors: __, ...flags }: Flags,
  model: string,
): Flags & { model: string } {
  return { ...flags, model };
}

/** Loads a model that knows the types and the dataset. */
async function withRecognizer<Result>(
  flags: Flags,
  signal: AbortSignal,
  work: (recognizer: Recognizer) => Promise<Result>,
): Promise<Result> {
  await using recognizer = await Recognizer.load({ ...loadOptions(flags), signal });
  await recognizer.recognize("", { types: flags.types, dataset: flags.dataset, signal });
  return await work(recognizer);
}

function corpusOptions(
  flags: Flags,
  signal: AbortSignal,
  onSkipped?: CorpusOptions["onSkipped"],
): CorpusOptions {
  const { types, format, encoding, idField, textField, labels, limit, onError } = flags;
  return {
    map: readMap(flags.map ?? [], types),
    ...{ types, format, encoding, labels, limit, signal },
    fields: { id: idField, text: textField },
    onSkipped: onError === "skip" ? (onSkipped ?? (() => {})) : undefined,
  };
}

async function measure(
  recognizer: Recognizer,
  flags: Flags,
  { texts }: CorpusSurvey,
  signal: AbortSignal,
): Promise<CountedEvaluation> {
  const { data, types, dataset, consistency, context, errors } = flags;
  const mistakes = errors === undefined ? undefined : await MistakeList.open(errors);
  const progress = startProgress("evaluating", texts);
  let done = 0;
  try {
    const evaluation = await evaluate(recognizer, readCorpus(data, corpusOptions(flags, signal)), {
      ...{ types, dataset, consistency, context, signal },
      onText: async (gold, comparison) => {
        progress.update(++done);
        await mistakes?.add(gold, comparison);
      },
    });
    await mistakes?.close();
    return evaluation;
  } finally {
    progress.stop();
    await mistakes?.discard();
  }
}
