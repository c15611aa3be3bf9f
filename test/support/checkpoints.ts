import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NativeModelInfo } from "../../lib/binding/native-addon.js";
import { root } from "./paths.js";

const folder = join(root, "test", "fixtures", "checkpoints");

/** A tiny checkpoint of `test/fixtures/checkpoints`, and what its conversion should come to. */
export interface CheckpointCase {
  readonly name: string;
  /** Where each file of the case lies below the fixtures' folder; cases share files. */
  readonly files: Readonly<Record<string, string>>;
  /** Folders of adapters inside the case, in order. */
  readonly adapters?: readonly string[];
  /** The file of heads inside the case. */
  readonly headsFile?: string;
  /** Further options of the conversion. */
  readonly options?: { readonly causal?: boolean; readonly template?: string };
}

/** A case that has to be converted. */
export interface AcceptedCase extends CheckpointCase {
  /** What the converted model says of itself. */
  readonly info: Pick<NativeModelInfo, "causal" | "heads" | "labels" | "tagging" | "contextLength">;
  readonly reference: string;
}

/** A case that has to be refused. */
export interface RefusedCase extends CheckpointCase {
  /** A regular expression that the message matches. */
  readonly refusal: string;
}

/** What PyTorch computes with a case. */
export interface CheckpointReference {
  /** Tokens. */
  readonly sequences: readonly (readonly number[])[];
  /** For each sequence and token: the logits of each head's labels, one head after the other. */
  readonly logits: readonly (readonly (readonly number[])[])[];
  /** Words and the tokens of each by itself. */
  readonly words: readonly (readonly [word: string, tokens: readonly number[]])[];
}

const cases: readonly (AcceptedCase | RefusedCase)[] = readJson("cases.json");

export const acceptedCases = cases.filter((entry) => "reference" in entry);
export const refusedCases = cases.filter((entry) => "refusal" in entry);

/** Options of the conversion that a case fixes. */
export interface ConvertInput {
  readonly checkpoint: string;
  readonly adapters: readonly string[];
  readonly heads?: string;
  readonly causal?: boolean;
  readonly template?: string;
}

/** Puts the files of a case together in a new folder. @returns paths for the options of the conversion */
export function layOut(
  { files, adapters, headsFile, options }: CheckpointCase,
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

export function referenceOf({ reference }: AcceptedCase): CheckpointReference {
  return readJson(reference);
}

function readJson<Content>(place: string): Content {
  return JSON.parse(readFileSync(join(folder, place), "utf8"));
}
