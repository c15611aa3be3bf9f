import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { convertCheckpoint } from "../convert/convert.js";
import { convertAdapter } from "../convert/convert-adapter.js";
import type { OutputOptions } from "../convert/options.js";
import { invalidArgument, messageOf } from "../errors.js";
import type { ModelFile } from "../gguf/inspect.js";
import { renderModel } from "./inspect.js";
import { interruptSignal } from "./interrupt.js";
import { collect, readCount, readNames } from "./options.js";
import { print, printJson, wantsColour } from "./process.js";
import { startProgress } from "./progress.js";

interface ConvertFlags {
  readonly adapter?: readonly string[];
  readonly base?: string;
  readonly output: string;
  readonly type?: string;
  readonly int8Scales?: "blocks" | "rows";
  readonly head: boolean;
  readonly heads?: string;
  readonly labels?: readonly string[];
  readonly entityType?: string;
  readonly tagTokens?: boolean;
  readonly causal?: boolean;
  readonly template?: string;
  readonly templateFile?: string;
  readonly adaptiveTemplate?: string;
  readonly trained?: readonly string[];
  readonly maxTokens?: number;
  readonly name?: string;
  readonly json?: boolean;
}

/** `vaner convert`: converts a Hugging Face checkpoint to GGUF. */
export function convertCommand(): Command {
  return new Command("convert")
    .description("convert a Hugging Face checkpoint of a token classifier, or a peft LoRA adapter, to GGUF")
    .argument(
      "<checkpoint>",
      "folder of the checkpoint (config.json, weights, tokenizer); with --base, of the adapter",
    )
    .requiredOption("-o, --output <file>", "GGUF file to write")
    .option(
      "-a, --adapter <folder>",
      "folder of a peft LoRA adapter to merge into the weights; repeat it to merge several, in this order",
      collect,
    )
    .option(
      "--base <folder>",
      "convert an adapter of this checkpoint without merging it, for the --adapter of other commands",
    )
    .option(
      "-t, --type <type>",
      "type of the weights: f32, f16, bf16, q8_0, q4_0, … (default: the checkpoint's)",
    )
    .addOption(
      new Option(
        "--int8-scales <unit>",
        "scales of 8-bit products with this model, unless a command says otherwise: blocks = one for 32 values (more accurate), rows = one for a row (faster) (default: blocks)",
      ).choices(["blocks", "rows"]),
    )
    .option(
      "--heads <file>",
      "VANER2's file of heads (default: saved.pt in the folder of the last adapter, if there is one)",
    )
    .option("--no-head", "omit the classification head, to make a base for adapters")
    .option(
      "--labels <labels>",
      "labels of the head in row order, for example O,B,I or O,B-Disease,I-Disease",
      readNames,
    )
    .option(
      "--entity-type <type>",
      "entity type of the head, if its labels name none (default: the type in the instruction)",
    )
    .option(
      "--tag-tokens",
      "the model tags tokens of running text, not words (default: VANER2's models do, others do not)",
    )
    .addOption(
      new Option(
        "--causal",
        "use a causal mask: a token sees only the tokens before it (default: as in the checkpoint's class)",
      ),
    )
    .addOption(
      new Option("--no-causal", "use no causal mask: every token sees the whole sequence").default(undefined),
    )
    .option(
      "--template <text>",
      "instruction the model was trained with; it is put in front of every input; placeholders: {entityType}, {dataset}",
    )
    .option("--template-file <file>", "read --template from a file")
    .option("--adaptive-template <text>", "the same for texts of no particular dataset")
    .option(
      "--trained <pairs>",
      "datasets the model was trained on, as dataset:Type pairs, separated by commas",
      readNames,
    )
    .option(
      "--max-tokens <count>",
      "longest sequence of the training, in tokens (default: 128 for VANER, else 512)",
      readCount,
    )
    .option("--name <name>", "name of the model (default: the folder's name)")
    .option("--json", "print what the new file holds as JSON")
    .action(async (folder: string, flags: ConvertFlags) => {
      const progress = startProgress("converting", 1);
      const onProgress = (share: number) => progress.update(share);
      try {
        const file = await convert(folder, flags, onProgress);
        progress.stop();
        await (flags.json ? printJson(file) : print(renderModel(file, wantsColour())));
      } finally {
        progress.stop();
      }
    });
}

async function convert(
  folder: string,
  flags: ConvertFlags,
  onProgress: (share: number) => void,
): Promise<ModelFile> {
  const { adapter, base, type, int8Scales, ...rest } = flags;
  const options = { ...(await optionsOf(rest)), onProgress, signal: interruptSignal() };
  if (base === undefined) {
    return convertCheckpoint({ ...options, checkpoint: folder, adapters: adapter, type, int8Scales });
  }
  if (adapter || type !== undefined || int8Scales !== undefined) {
    throw invalidArgument(
      "--base converts one adapter, in F32: leave out --adapter, --type and --int8-scales.",
    );
  }
  return convertAdapter({ ...options, adapter: folder, base });
}

type SharedFlags = Omit<ConvertFlags, "adapter" | "base" | "type" | "int8Scales">;

async function optionsOf(flags: SharedFlags): Promise<OutputOptions> {
  const { templateFile, template, head, heads, json: _, ...same } = flags;
  if (templateFile !== undefined && template !== undefined) {
    throw invalidArgument("Give --template or --template-file, not both.");
  }
  if (!head && heads !== undefined) throw invalidArgument("Give --heads or --no-head, not both.");
  const instruction = templateFile === undefined ? template : await readTemplate(templateFile);
  return { ...same, heads: head ? heads : false, template: instruction };
}

async function readTemplate(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw invalidArgument(`The template cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
