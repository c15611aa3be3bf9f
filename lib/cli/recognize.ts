import { Command, Option } from "commander";
import { type Overlaps, overlapPolicies } from "../decoding/overlaps.js";
import type { RecognizeOptions } from "../recognizer/query.js";
import { Recognizer } from "../recognizer/recognizer.js";
import type { RecognizedText } from "../recognizer/stream.js";
import { readTexts } from "./input.js";
import { datasetHelp, loadOptions, type ModelFlags, modelOptions, readNames } from "./options.js";
import { print, printJson, wantsColour } from "./process.js";
import { renderRecognized } from "./render.js";

interface Flags extends ModelFlags {
  readonly file?: string;
  readonly types?: string[];
  readonly dataset?: string;
  readonly overlaps?: Overlaps;
  readonly consistency?: boolean;
  readonly lines?: boolean;
  readonly json?: boolean;
}

/** `vaner recognize`: finds the entities in texts. */
export function recognizeCommand(): Command {
  const command = new Command("recognize")
    .description("find the entities in texts and print them, with their places and scores")
    .argument(
      "[text...]",
      "texts to read; - is standard input, which is also read if there is neither a text nor --file",
    )
    .option("-f, --file <file>", "text file to read, in UTF-8; - is standard input")
    .option(
      "-t, --types <types>",
      "entity types to find, separated by commas (default: all types of the model)",
      readNames,
    )
    .option("-d, --dataset <dataset>", datasetHelp)
    .addOption(
      new Option(
        "--overlaps <policy>",
        "entities of different types that overlap: keep all, or resolve to the one with the best score (default: keep)",
      ).choices(overlapPolicies),
    )
    .option(
      "--consistency",
      "find again in a text what was found in it once, and the abbreviations it defines",
    )
    .option("--lines", "read every line as one sentence (default: as the text looks)")
    .option("--no-lines", "read line breaks as spaces, except blank lines")
    .option("--json", "print JSON: an object {text, entities}, or an array of these for several texts");
  return modelOptions(command).action(recognize);
}

async function recognize(given: string[], flags: Flags): Promise<void> {
  const texts = await readTexts(given, flags.file);
  const recognizer = await Recognizer.load(loadOptions(flags));
  try {
    const found = await recognizer.recognizeBatch(texts, recognizeOptions(flags));
    const results = texts.map((text, index) => ({ text, entities: found[index] ?? [] }));
    await (flags.json ? printJson(results.length === 1 ? results[0] : results) : show(results));
  } finally {
    await recognizer.dispose();
  }
}

async function show(results: readonly RecognizedText[]): Promise<void> {
  const colour = wantsColour();
  await print(results.map((result) => renderRecognized(result, colour)).join("\n"));
}

function recognizeOptions({ types, dataset, overlaps, consistency, lines }: Flags): RecognizeOptions {
  return {
    ...(types !== undefined && { types }),
    ...(dataset !== undefined && { dataset }),
    ...(overlaps !== undefined && { overlaps }),
    ...(consistency !== undefined && { consistency }),
    ...(lines !== undefined && { lines }),
  };
}
