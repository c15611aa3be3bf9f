import { existsSync, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../lib/package-root.js";

/** The project's folder. */
export const root = packageRoot() as string;
/** Where the benchmark keeps what it makes: builds of peers, models of other types. */
export const workFolder = join(root, "build", "benchmark");
/** Where tsup.config.ts puts the benchmark's own programs. */
export const programFolder = join(workFolder, "js");

/** What one run of the benchmark is about. */
export interface Settings {
  readonly model: string;
  readonly threads: number;
  readonly rounds: number;
  /** The entity type that is looked for in the passes of one type. */
  readonly type: string;
  /** JSON: the sentences, a list. */
  readonly textPath: string;
  /** JSON: the sequences by set. */
  readonly sequencesPath: string;
  /** Sentences of one round. */
  readonly sentences: number;
  /** Tokens of each set. */
  readonly tokens: Readonly<Record<SetName, number>>;
  /** Those that are worked on by who computes the instruction once. */
  readonly computed: Readonly<Record<SetName, number>>;
  /** Sequences of each set. */
  readonly sequences: Readonly<Record<SetName, number>>;
  /** The Python interpreter that has the peers' packages. */
  readonly python: string;
  /** Everyone as on a CPU without AVX-512. */
  readonly avx2Only: boolean;
}

/**
 * `text`: the recognizer's own sequences, in the text's order. `equal`: the same tokens, 64 a sequence.
 * `probe`: the first few of the text, to choose between settings.
 */
export type SetName = "text" | "equal" | "probe";

/** Where what is made of a model stays for the next run: another folder for every model. */
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

/** Progress, for people. */
export function say(line: string): void {
  console.error(line);
}
