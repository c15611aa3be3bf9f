import type { NativeModel } from "../lib/binding/native-addon.js";
import { inspectModel } from "../lib/gguf/inspect.js";
import { instructions as registry } from "../lib/instructions/registry.js";
import type { EncodeCall } from "../lib/recognizer/encode-call.js";
import { loadModel } from "../lib/recognizer/load.js";
import { LoadedModel } from "../lib/recognizer/loaded-model.js";
import { recognizeTexts } from "../lib/recognizer/pipeline.js";
import { resolveQuery } from "../lib/recognizer/query.js";
import { readInput } from "../lib/text/input.js";

/** The encoder's input for one sentence, and its answer. */
export interface Sequence {
  /** Start token, instruction, words. */
  readonly tokens: readonly number[];
  /** Leading instruction tokens that attend only to each other; 0 if all tokens attend to all. */
  readonly apart: number;
  /** Indices of the tokens that get a label. */
  readonly rows: readonly number[];
  /** The most probable label of each row. Peers are checked against it. */
  readonly labels: readonly number[];
}

/** Records the encoder's input during a recognition. Peers get exactly these sequences. */
export async function recordSequences(
  model: string,
  sentences: readonly string[],
  type: string,
): Promise<Sequence[]> {
  const { causal, instructionAttendsInput } = await inspectModel(model);
  if (causal !== false) throw new Error("Peers are set up for models without a causal mask.");
  const apart = instructionAttendsInput === false;
  const loaded = await loadModel({ model, gpu: false });
  const recorded: Sequence[] = [];
  const native: NativeModel = {
    info: loaded.info,
    tokenizeKnown: (...call) => loaded.native.tokenizeKnown(...call),
    tokenize: (...call) => loaded.native.tokenize(...call),
    tokenizeText: (...call) => loaded.native.tokenizeText(...call),
    encode: (tokens, offsets, instructions, rows) => {
      const job = loaded.native.encode(tokens, offsets, instructions, rows);
      const promise = job.promise.then((answers) => {
        const call = { tokens, offsets, instructions, rows };
        recorded.push(...cutSequences(call, apart, answers, loaded.info.labels.length));
        return answers;
      });
      return { promise, cancel: () => job.cancel() };
    },
    batches: () => loaded.native.batches(),
    dispose: () => loaded.native.dispose(),
  };
  try {
    const recording = new LoadedModel(native, 1);
    const request = resolveQuery({ types: [type] }, recording.knowledge, registry);
    await recognizeTexts(recording, sentences.map(readInput), request);
    return recorded;
  } finally {
    await native.dispose();
  }
}

/** The same tokens, cut into sequences of equal length: no peer needs padding. */
export function equalSequences(sequences: readonly Sequence[], length: number): Sequence[] {
  const tokens = sequences.flatMap((sequence) => sequence.tokens);
  return Array.from({ length: Math.floor(tokens.length / length) }, (_, index) => ({
    tokens: tokens.slice(index * length, (index + 1) * length),
    apart: 0,
    rows: [],
    labels: [],
  }));
}

export function countTokens(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

/** Tokens to compute if the instruction is computed only once. */
export function countComputed(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { tokens, apart }) => sum + tokens.length - apart, 0);
}

function cutSequences(
  { tokens, offsets, instructions, rows }: Omit<EncodeCall, "sequences" | "aggregation">,
  apart: boolean,
  answers: Float32Array,
  labelCount: number,
): Sequence[] {
  const labels = Array.from(rows, (_, row) => {
    const probabilities = answers.subarray(row * labelCount, (row + 1) * labelCount);
    return probabilities.indexOf(Math.max(...probabilities));
  });
  return Array.from(offsets.subarray(1), (end, index) => {
    const first = offsets[index] as number;
    const own = Array.from(rows.keys()).filter((row) => inside(rows[row] as number, first, end));
    return {
      tokens: Array.from(tokens.subarray(first, end)),
      apart: apart ? (instructions[index] as number) : 0,
      rows: own.map((row) => (rows[row] as number) - first),
      labels: own.map((row) => labels[row] as number),
    };
  });
}

function inside(value: number, first: number, end: number): boolean {
  return value >= first && value < end;
}
