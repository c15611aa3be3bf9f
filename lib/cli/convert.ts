import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { convertCheckpoint } from "../convert/convert.js";
import { convertAdapter } from "../convert/convert-adapter.js";
import type { ConvertOptions } from "../convert/options.js";
import { invalidArgument } from "../errors.js";
import type { ModelFile } from "../gguf/inspect.js";
import { renderModel } from "./inspect.js";
import { interruptSignal } from "./interrupt.js";
import { readCount, readNames } from "./options.js";
import { print, printJson, wantsColour } from "./process.js";
import { startProgress } from "./progress.js";

interface ConvertFlags {
  readonly adapter?: readonly string[];
  readonly base?: string;
  readonly output: string;
  readonly type?: string;
  readonly head: boolean;
  readonly heads?: string;
  readonly labels?: readonly string[];
  readonly entityType?: string;
  readonly causal?: boolean;
  readonly template?: string;
  readonly templateFile?: string;
  readonly adaptiveTemplate?: string;
  readonly trained?: readonly string[];
  readonly maxTokens?: number;
  readonly name?: string;
  readonly json?: boolean;
}

/** `vaner convert`: a Hugging Face checkpoint to GGUF. */
export function convertCommand(): Command {
  return new Command("convert")
    .description("convert a Hugging Face checkpoint of a LLaMA token classifier to GGUF")
    .argument("<checkpoint>", "a folder with config.json, weights and tokenizer; with --base, an adapter's")
    .requiredOption("-o, --output <file>", "the GGUF file to write")
    .option(
      "-a, --adapter <folder>",
      "a peft LoRA adapter to merge; repeat it for several, in order",
      collect,
    )
    .option(
      "--base <folder>",
      "convert a peft LoRA adapter of this checkpoint by itself, to be added at run time",
    )
    .option("-t, --type <type>", "f32, f16, bf16, q8_0, q4_0, … (default: that of the checkpoint)")
    .option("--heads <file>", "VANER2's heads (default: saved.pt beside the last adapter)")
    .option("--no-head", "write no head: a base for adapters")
    .option("--labels <labels>", "labels of the head in row order, for example O,B,I", readNames)
    .option(
      "--entity-type <type>",
      "what a head finds whose labels do not say it (default: what the instruction asks for)",
    )
    .addOption(
      new Option("--causal", "a token sees only what precedes it (default: by the checkpoint's class)"),
    )
    .addOption(new Option("--no-causal", "every token sees the whole sequence").default(undefined))
    .option("--template <text>", "instruction of the training, with {entityType} and {dataset}")
    .option("--template-file <file>", "the same, from a file")
    .option("--adaptive-template <text>", "instruction for texts of no particular dataset")
    .option("--trained <pairs>", "dataset:Type pairs of the training", readNames)
    .option("--max-tokens <count>", "longest sequence of the training, in tokens", readCount)
    .option("--name <name>", "the model's name (default: that of the folder)")
    .option("--json", "print what the file holds as JSON")
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
  const { adapter, base, type, ...rest } = flags;
  const options = { ...(await optionsOf(rest)), onProgress, signal: interruptSignal() };
  if (base === undefined) {
    return convertCheckpoint({
      ...options,
      checkpoint: folder,
      ...(adapter && { adapters: adapter }),
      ...(type !== undefined && { type }),
    });
  }
  if (adapter || type !== undefined) {
    throw invalidArgument("--base converts one adapter, in F32: leave out --adapter and --type.");
  }
  return convertAdapter({ ...options, adapter: folder, base });
}

type SharedFlags = Omit<ConvertFlags, "adapter" | "base" | "type">;
type SharedOptions = Omit<ConvertOptions, "checkpoint" | "adapters" | "type">;

async function optionsOf(flags: SharedFlags): Promise<SharedOptions> {
  const { templateFile, template, head, heads, json: _, ...same } = flags;
  if (templateFile !== undefined && template !== undefined) {
    throw invalidArgument("Give --template or --template-file, not both.");
  }
  if (!head && heads !== undefined) throw invalidArgument("Give --heads or --no-head, not both.");
  const instruction = templateFile === undefined ? template : await readTemplate(templateFile);
  return {
    ...same,
    ...(head ? heads !== undefined && { heads } : { heads: false as const }),
    ...(instruction !== undefined && { template: instruction }),
  };
}

async function readTemplate(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw invalidArgument(`The template cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
