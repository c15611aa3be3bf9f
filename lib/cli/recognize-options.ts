import { type Command, Option } from "commander";
import { type Aggregation, allAggregations } from "../decoding/aggregation.js";
import { type Overlaps, overlapPolicies } from "../decoding/overlaps.js";
import { datasetHelp, typesOption } from "./options.js";

/** Flags of every command that recognizes: what to find, and how. */
export interface RecognizeFlags {
  readonly types?: string[];
  readonly dataset?: string;
  readonly overlaps?: Overlaps;
  readonly aggregation?: Aggregation;
  readonly consistency?: boolean;
  readonly lines?: boolean;
}

/** Adds the flags of {@link RecognizeFlags} to a command. */
export function recognizeOptions(command: Command): Command {
  typesOption(command, "entity types to find, separated by commas (default: all types of the model)")
    .option("-d, --dataset <dataset>", datasetHelp)
    .addOption(
      new Option(
        "--overlaps <policy>",
        "entities of different types that overlap: keep all, or resolve to the one with the best score (default: keep)",
      ).choices(overlapPolicies),
    )
    .addOption(
      new Option(
        "--aggregation <strategy>",
        "how the tokens of a word give it its label: first = by the first token, average = by the mean over all, max = by the surest, simple = each token by itself (default: first, or simple for models that tag tokens)",
      ).choices(allAggregations),
    );
  return consistencyOption(command)
    .option("--lines", "read every line as one sentence (default: as the text looks)")
    .option("--no-lines", "read line breaks as spaces, except blank lines");
}

/** Adds the flag `consistency` to a command. */
export function consistencyOption(command: Command): Command {
  return command.option(
    "--no-consistency",
    "do not find again in a text what was found in it once, and the abbreviations it defines",
  );
}

/** What {@link RecognizeFlags} say, as the options of a call. */
export function recognizeOptionsOf(flags: RecognizeFlags) {
  const { types, dataset, overlaps, aggregation, consistency, lines } = flags;
  return { types, dataset, overlaps, aggregation, consistency, lines };
}
