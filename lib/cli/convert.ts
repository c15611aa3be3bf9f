import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { convertCheckpoint } from "../convert/convert.js";
import type { ConvertOptions } from "../convert/options.js";
import { invalidArgument } from "../errors.js";
import { renderModel } from "./inspect.js";
import { readCount, readNames } from "./options.js";
import { print, printJson, wantsColour } from "./process.js";
import { startProgress } from "./progress.js";

interface ConvertFlags {
  readonly adapter?: readonly string[];
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
    .argument("<checkpoint>", "a folder with config.json, weights and tokenizer")
    .requiredOption("-o, --output <file>", "the GGUF file to write")
    .option(
      "-a, --adapter <folder>",
      "a peft LoRA adapter to merge; repeat it for several, in order",
      collect,
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
    .action(async (checkpoint: string, flags: ConvertFlags) => {
      const progress = startProgress("converting", 1);
      const onProgress = (share: number) => progress.update(share);
      const file = await convertCheckpoint({ ...(await optionsOf(checkpoint, flags)), onProgress }).finally(
        () => progress.stop(),
      );
      await (flags.json ? printJson(file) : print(renderModel(file, wantsColour())));
    });
}

async function optionsOf(checkpoint: string, flags: ConvertFlags): Promise<ConvertOptions> {
  const { adapter, templateFile, template, head, heads, json: _, ...same } = flags;
  if (templateFile !== undefined && template !== undefined) {
    throw invalidArgument("Give --template or --template-file, not both.");
  }
  if (!head && heads !== undefined) throw invalidArgument("Give --heads or --no-head, not both.");
  const instruction = templateFile === undefined ? template : await readTemplate(templateFile);
  return {
    ...same,
    checkpoint,
    ...(adapter && { adapters: adapter }),
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
