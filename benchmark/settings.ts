import { existsSync, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../lib/package-root.js";

/** The project's folder. */
export const root = packageRoot() as string;
/** Builds of peers and converted models. */
export const workFolder = join(root, "build", "benchmark");
/** The benchmark's own programs, bundled by tsup.config.ts. */
export const programFolder = join(workFolder, "js");

/** Settings of one run. */
export interface Settings {
  readonly model: string;
  readonly threads: number;
  readonly rounds: number;
  /** The entity type of runs with one type. */
  readonly type: string;
  /** JSON file: list of sentences. */
  readonly textPath: string;
  /** JSON file: sequences by set. */
  readonly sequencesPath: string;
  /** Sentences per round. */
  readonly sentences: number;
  /** Tokens in each set. */
  readonly tokens: Readonly<Record<SetName, number>>;
  /** Tokens to compute in each set if the instruction is computed only once. */
  readonly computed: Readonly<Record<SetName, number>>;
  /** Sequences in each set. */
  readonly sequences: Readonly<Record<SetName, number>>;
  /** Python interpreter with the peers' packages. */
  readonly python: string;
  /** Every peer is restricted to AVX2. */
  readonly avx2Only: boolean;
}

/**
 * `text`: the recognizer's sequences, in text order. `equal`: the same tokens, 64 per sequence.
 * `probe`: the first few sequences of `text`, to choose between settings.
 */
export type SetName = "text" | "equal" | "probe";

/** Folder for files derived from a model, kept for the next run. One folder per model file. */
export function folderOf(model: string): string {
  const { size, mtimeMs } = statSync(model);
  const folder = join(workFolder, "models", `${basename(model, ".gguf")}-${size}-${Math.round(mtimeMs)}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** `VANER_BENCHMARK_PYTHON`, else the virtual environment that the README makes, else `python3`. */
export function findPython(): string {
  const own = join(root, "benchmark", "peers", ".venv", "bin", "python");
  return process.env["VANER_BENCHMARK_PYTHON"] ?? (existsSync(own) ? own : "python3");
}

/** Prints a line of progress. */
export function say(line: string): void {
  console.error(line);
}
