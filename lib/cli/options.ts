import { type Command, InvalidArgumentError, Option } from "commander";
import type { LoadOptions } from "../recognizer/load.js";

/** Flags of every command that runs a model. */
export interface ModelFlags {
  readonly model?: string;
  readonly adapter?: string;
  readonly threads?: number;
  readonly gpu?: string;
  readonly int8?: "auto" | "all" | "off";
  readonly int8Scales?: "auto" | "blocks" | "rows";
  readonly mmap?: boolean;
}

/** Help of `--dataset`. */
export const datasetHelp =
  "follow the annotation guidelines of a dataset of the model's training, for example ncbi; vaner inspect lists them";

/** Adds the flags of {@link ModelFlags} to a command. @param several whether `--model` may be repeated */
export function modelOptions(command: Command, { several = false } = {}): Command {
  const model = new Option(
    "-m, --model <file>",
    "GGUF file of the model (default: the model of this package)",
  );
  if (several) {
    model.description =
      "GGUF file of a model, or name=file; repeat it for several (default: the model of this package)";
    model.argParser(collect);
  }
  return command
    .addOption(model)
    .option("-a, --adapter <file>", "GGUF file of a LoRA adapter to use with the model")
    .option("--threads <count>", "number of CPU threads (default: all)", readCount)
    .option("--gpu <device>", "GPU to use: auto, off, or a device name such as CUDA0 (default: auto)")
    .addOption(
      new Option(
        "--int8 <matrices>",
        "use 8-bit integer matrix products on the CPU: auto = in models below a billion parameters, for weights that are exact in 8 bits; all; off. Most users need not set this (default: auto)",
      ).choices(["auto", "all", "off"]),
    )
    .addOption(
      new Option(
        "--int8-scales <unit>",
        "scales of 8-bit products: blocks = one for 32 values (more accurate), rows = one for a row (faster), auto = as the model file says (default: auto)",
      ).choices(["auto", "blocks", "rows"]),
    )
    .option("--no-mmap", "read the model file instead of mapping it, so that it may change meanwhile");
}

/** Adds `--types`, which may be written `--type`, to a command. */
export function typesOption(command: Command, description: string, required = false): Command {
  return command
    .addOption(
      new Option("-t, --types <types>", description).argParser(readNames).makeOptionMandatory(required),
    )
    .addOption(new Option("--type <types>").argParser(readNames).hideHelp())
    .on("option:type", () =>
      command.setOptionValueWithSource("types", command.getOptionValue("type"), "cli"),
    );
}

/** Flags of the commands that read documents: how to read them. */
export interface ReadFlags {
  readonly encoding?: string;
  readonly idField?: string;
  readonly textField?: string;
  readonly labels?: string[];
}

/** Adds the flags of {@link ReadFlags} to a command. */
export function readOptions(command: Command): Command {
  return command
    .option("--encoding <encoding>", "of the input (default: UTF-8, or UTF-16 with a byte order mark)")
    .option("--id-field <name>", "field with the id of a document, in JSON lines and tables (default: id)")
    .option("--text-field <name>", "field with its text (default: text)")
    .option(
      "--labels <labels>",
      "what the numbers of ner_tags stand for, for example O,B-Gene,I-Gene",
      readNames,
    );
}

/** The flags as options of `Recognizer.load`. */
export function loadOptions(flags: ModelFlags): LoadOptions {
  const { model, adapter, gpu, threads, int8 = "auto", int8Scales = "auto", mmap } = flags;
  return {
    model,
    adapter,
    gpu,
    threads,
    int8: int8 === "auto" ? undefined : int8 === "all",
    int8Scales: int8Scales === "auto" ? undefined : int8Scales,
    mmap,
  };
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Reads `A,B` as a list of names. */
export function readNames(value: string): string[] {
  const names = value.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError("Give one or more names, separated by commas.");
  return names;
}

/** Reads a whole number from 1. */
export function readCount(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError("Give a whole number from 1.");
  return Number(value);
}
