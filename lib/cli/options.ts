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
}

/** Adds the flags of {@link ModelFlags} to a command. */
export function modelOptions(command: Command): Command {
  return command
    .option("-m, --model <file>", "a GGUF file (default: the model of this package)")
    .option("-a, --adapter <file>", "a LoRA for this model, a GGUF file")
    .option("--threads <count>", "CPU threads (default: all)", readCount)
    .option("--gpu <device>", "auto, off, or the name of a device (default: auto)")
    .addOption(
      new Option(
        "--int8 <matrices>",
        "which are multiplied in 8-bit integers on the CPU (default: auto)",
      ).choices(["auto", "all", "off"]),
    )
    .addOption(
      new Option(
        "--int8-scales <of>",
        "what shares a scale in these products (default: auto, as the model says)",
      ).choices(["auto", "blocks", "rows"]),
    );
}

export function loadOptions(flags: ModelFlags): LoadOptions {
  const { model, adapter, gpu, threads, int8 = "auto", int8Scales = "auto" } = flags;
  return {
    ...(model !== undefined && { model }),
    ...(adapter !== undefined && { adapter }),
    ...(gpu !== undefined && { gpu: gpu === "off" ? false : gpu }),
    ...(threads !== undefined && { threads }),
    ...(int8 !== "auto" && { int8: int8 === "all" }),
    ...(int8Scales !== "auto" && { int8Scales }),
  };
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
