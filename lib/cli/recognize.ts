import { Command } from "commander";
import type { Document } from "../documents/document.js";
import { html } from "../documents/formats/pictures/html.js";
import { invalidArgument } from "../errors.js";
import { Recognizer } from "../recognizer/recognizer.js";
import type { RecognizedText } from "../recognizer/stream.js";
import { type Input, readInputs } from "./input.js";
import { collect, loadOptions, type ModelFlags, modelOptions } from "./options.js";
import { print, printJson, wantsColour } from "./process.js";
import { type RecognizeFlags, recognizeOptions, recognizeOptionsOf } from "./recognize-options.js";
import { renderHeading, renderRecognized } from "./render.js";

interface Flags extends ModelFlags, RecognizeFlags {
  readonly file?: string[];
  readonly json?: boolean;
  readonly html?: boolean;
}

/** `vaner recognize`: finds the entities in texts. */
export function recognizeCommand(): Command {
  const command = new Command("recognize")
    .description("find the entities in texts and print them, with their places and scores")
    .argument(
      "[text...]",
      "texts to read; - is standard input, which is also read if there is neither a text nor --file",
    )
    .option(
      "-f, --file <file>",
      "text file to read, in UTF-8; - is standard input; repeat it to read several, in this order",
      collect,
    );
  recognizeOptions(command)
    .option(
      "--json",
      "print JSON: an object {text, entities}, or for several texts an array of these, with the file of each that has one",
    )
    .option("--html", "print an HTML page that shows the texts with their entities");
  return modelOptions(command).action(recognize);
}

async function recognize(given: string[], flags: Flags): Promise<void> {
  if (flags.json && flags.html) throw invalidArgument("--json and --html exclude each other: give one.");
  const inputs = await readInputs(given, flags.file ?? []);
  const recognizer = await Recognizer.load(loadOptions(flags));
  try {
    const found = await recognizer.recognizeBatch(
      inputs.map(({ text }) => text),
      recognizeOptionsOf(flags),
    );
    const results = inputs.map((input, index) => ({ ...input, entities: found[index] ?? [] }));
    await (flags.json ? printResults(results) : flags.html ? printPage(results) : show(results));
  } finally {
    await recognizer.dispose();
  }
}

type Result = Input & RecognizedText;

/** Prints one result as an object, several as an array; of several, those of files have the `file`. */
async function printResults(results: readonly Result[]): Promise<void> {
  const [first] = results;
  if (first && results.length === 1) await printJson({ text: first.text, entities: first.entities });
  else await printJson(results.map(({ file, text, entities }) => ({ file, text, entities })));
}

async function printPage(results: readonly Result[]): Promise<void> {
  const writer = html.writer?.({});
  if (!writer) return;
  for (const result of results) await print(String(writer.write(documentOf(result))));
  await print(String(writer.end()));
}

function documentOf({ file, text, entities }: Result): Document {
  const annotations = entities.map(({ type, start, end, score }) => ({
    type,
    ranges: [{ start, end }],
    score,
  }));
  return { id: file === undefined || file === "-" ? "" : file, passages: [{ type: "", text, annotations }] };
}

async function show(results: readonly Result[]): Promise<void> {
  const colour = wantsColour();
  const several = results.length > 1;
  const rendered = results.map(({ file, ...result }) => {
    const heading = several && file !== undefined ? renderHeading(file, colour) : "";
    return heading + renderRecognized(result, colour);
  });
  await print(rendered.join("\n"));
}
