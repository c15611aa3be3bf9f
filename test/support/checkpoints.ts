import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NativeModelInfo } from "../../lib/binding/native-addon.js";
import { root } from "./paths.js";

const fixtures = join(root, "test", "fixtures");

/** A tiny checkpoint of `test/fixtures/checkpoints` or `encoders`, and the expected result of its conversion. */
export interface CheckpointCase {
  readonly name: string;
  /** The folder of its list of cases. */
  readonly folder: string;
  /** Path in the case -> path in that folder; cases share files. */
  readonly files: Readonly<Record<string, string>>;
  /** Adapter folders in the case, in order. */
  readonly adapters?: readonly string[];
  /** The heads file in the case. */
  readonly headsFile?: string;
  /** Further options of the conversion. */
  readonly options?: {
    readonly causal?: boolean;
    readonly template?: string;
    readonly labels?: readonly string[];
    readonly tagTokens?: boolean;
  };
}

/** A case that converts. */
export interface AcceptedCase extends CheckpointCase {
  /** Properties of the converted model. */
  readonly info: Pick<NativeModelInfo, "causal" | "heads" | "labels" | "tagging" | "contextLength">;
  readonly reference: string;
}

/** A case whose conversion fails. */
export interface RefusedCase extends CheckpointCase {
  /** A regular expression for the error message. */
  readonly refusal: string;
}

/** Results of PyTorch. */
export interface CheckpointReference {
  /** Tokens. */
  readonly sequences: readonly (readonly number[])[];
  /** For each sequence and token: the logits of all heads, one after the other. */
  readonly logits: readonly (readonly (readonly number[])[])[];
  /** Words, each with its tokens when tokenized alone. */
  readonly words: readonly (readonly [word: string, tokens: readonly number[]])[];
}

const cases: readonly (AcceptedCase | RefusedCase)[] = ["checkpoints", "encoders"].flatMap((name) => {
  const folder = join(fixtures, name);
  return readJson<(AcceptedCase | RefusedCase)[]>(folder, "cases.json").map((entry) => ({
    ...entry,
    folder,
  }));
});

export const acceptedCases = cases.filter((entry) => "reference" in entry);
export const refusedCases = cases.filter((entry) => "refusal" in entry);

/** The accepted case of this name. */
export function caseOf(name: string): AcceptedCase {
  const entry = acceptedCases.find((found) => found.name === name);
  if (!entry) throw new Error(`there is no case ${name}`);
  return entry;
}

/** Options of the conversion that depend on the case. */
export interface ConvertInput {
  readonly checkpoint: string;
  readonly adapters: readonly string[];
  readonly heads?: string;
  readonly causal?: boolean;
  readonly template?: string;
  readonly labels?: readonly string[];
  readonly tagTokens?: boolean;
}

/** Copies the files of a case into a new folder. @returns options of the conversion */
export function layOut(
  { folder, files, adapters, headsFile, options }: CheckpointCase,
  target: string,
): ConvertInput {
  for (const [inside, place] of Object.entries(files)) {
    mkdirSync(dirname(join(target, inside)), { recursive: true });
    cpSync(join(folder, place), join(target, inside));
  }
  return {
    checkpoint: join(target, "checkpoint"),
    adapters: (adapters ?? []).map((adapter) => join(target, adapter)),
    ...(headsFile === undefined ? {} : { heads: join(target, headsFile) }),
    ...options,
  };
}

export function referenceOf({ folder, reference }: AcceptedCase): CheckpointReference {
  return readJson(folder, reference);
}

function readJson<Content>(folder: string, place: string): Content {
  return JSON.parse(readFileSync(join(folder, place), "utf8"));
}
