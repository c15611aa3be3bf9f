import { Command, Option } from "commander";
import { type Overlaps, overlapPolicies } from "../decoding/overlaps.js";
import { annotate } from "../documents/annotate.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { type DocumentFlags, documentOptions, runDocumentFiles } from "./document-files.js";
import { interruptSignal } from "./interrupt.js";
import { datasetHelp, loadOptions, type ModelFlags, modelOptions, typesOption } from "./options.js";

interface Flags extends ModelFlags, DocumentFlags {
  readonly types?: string[];
  readonly dataset?: string;
  readonly overlaps?: Overlaps;
  readonly consistency?: boolean;
  readonly lines?: boolean;
}

/** `vaner annotate`: adds the entities of documents to them, file by file. */
export function annotateCommand(): Command {
  const command = new Command("annotate").description(
    "find the entities of documents in files, and write the documents with them",
  );
  documentOptions(command);
  typesOption(command, "entity types to find, separated by commas (default: all of the model)")
    .option("-d, --dataset <dataset>", datasetHelp)
    .addOption(
      new Option(
        "--overlaps <policy>",
        "entities of different types that overlap: keep all, or resolve to the best (default: keep)",
      ).choices(overlapPolicies),
    )
    .option("--no-consistency", "do not find again in a document what was found in it once")
    .option("--lines", "read every line as one sentence (default: as the text looks)")
    .option("--no-lines", "read line breaks as spaces, except blank lines");
  return modelOptions(command).action(annotateFiles);
}

async function annotateFiles(sources: string[], flags: Flags): Promise<void> {
  const signal = interruptSignal();
  const recognizer = await Recognizer.load({ ...loadOptions(flags), signal });
  try {
    const { types, dataset, overlaps, consistency, lines } = flags;
    const options = { types, dataset, overlaps, consistency, lines };
    const { name, parameterCount, template, heads, adapter } = recognizer.info;
    await runDocumentFiles(sources, flags, {
      label: "annotating",
      transform: (documents) => annotate(recognizer, documents, { ...options, signal }),
      annotates: true,
      settings: { options, model: { name, parameterCount, template, heads, adapter } },
    });
  } finally {
    await recognizer.dispose();
  }
}
