import type { Steps } from "../async/steps.js";
import { type Aggregation, averageTokens, readsAllTokens, surestToken } from "../decoding/aggregation.js";
import type { Predictions } from "../decoding/labels.js";
import { Slab } from "../slab.js";
import type { PreparedPass } from "./loaded-model.js";
import { cutPassages, hasContext } from "./passages.js";
import type { TextUnits } from "./segmentation/segmentation.js";
import { cutWindows, tokensOf } from "./windows.js";

const tokenSlab = new Slab((length) => new Int32Array(length));
const rowSlab = new Slab((length) => new Uint32Array(length));

/** A window of a text behind an instruction. */
interface Sequence {
  /** Index of the text. */
  readonly text: number;
  readonly units: TextUnits;
  readonly pass: PreparedPass;
  /** First unit of the window. */
  readonly first: number;
  /** One past its last unit. */
  readonly end: number;
  /** Units whose label is taken from this sequence, ascending. */
  readonly answered: readonly number[];
  /** Tokens in total, instruction included. */
  readonly length: number;
}

/** The arguments of one `NativeModel.encode`, and the sequences that they hold. */
export interface EncodeCall {
  readonly tokens: Int32Array;
  readonly offsets: Uint32Array;
  readonly instructions: Uint32Array;
  readonly rows: Uint32Array;
  readonly sequences: readonly Sequence[];
  readonly aggregation: Aggregation;
}

/**
 * Lays out texts x passes x windows as encoder calls, lazily and in the order of the texts. The tokens of a
 * sequence never depend on its neighbours.
 * @param budget most tokens of a call; a longer sequence is a call of its own
 * @returns undefined where the work may pause
 */
export function* encodeCalls(
  texts: readonly TextUnits[],
  passes: readonly PreparedPass[],
  budget: number,
  aggregation: Aggregation = "first",
): Generator<EncodeCall | undefined> {
  let waiting: Sequence[] = [];
  let length = 0;
  for (const [text, units] of texts.entries()) {
    for (const sequence of sequencesOf(text, units, passes)) {
      if (!sequence) {
        yield undefined;
        continue;
      }
      if (waiting.length > 0 && length + sequence.length > budget) {
        yield layOut(waiting, length, aggregation);
        waiting = [];
        length = 0;
      }
      waiting.push(sequence);
      length += sequence.length;
    }
  }
  if (waiting.length > 0) yield layOut(waiting, length, aggregation);
}

function* sequencesOf(
  text: number,
  units: TextUnits,
  passes: readonly PreparedPass[],
): Generator<Sequence | undefined> {
  const { offsets, sentences } = units;
  for (const pass of passes) {
    const { room, prefix, suffix } = pass;
    for (const passage of cutPassages(offsets, sentences, pass.passageTokens)) {
      for (const { first, end, owned } of yield* cutWindows(offsets, passage.first, passage.end, room)) {
        const answered = hasContext(passage)
          ? owned.filter((unit) => unit >= passage.ownFirst && unit < passage.ownEnd)
          : owned;
        if (answered.length === 0) continue;
        let length = prefix.length + suffix.length;
        for (let unit = first; unit < end; unit++) length += tokensOf(offsets, unit, room);
        yield { text, units, pass, first, end, answered, length };
      }
    }
  }
}

function layOut(sequences: readonly Sequence[], length: number, aggregation: Aggregation): EncodeCall {
  const tokens = tokenSlab.take(length);
  const offsets = new Uint32Array(sequences.length + 1);
  const instructions = new Uint32Array(sequences.length);
  const all = readsAllTokens(aggregation);
  const rows = rowSlab.take(sequences.reduce((sum, sequence) => sum + rowsOf(sequence, all), 0));
  let at = 0;
  let row = 0;
  for (const [index, { units, pass, first, end, answered }] of sequences.entries()) {
    tokens.set(pass.prefix, at);
    at += pass.prefix.length;
    let next = 0;
    for (let unit = first; unit < end; unit++) {
      // In range by construction: no check for undefined in the innermost loop.
      const from = units.offsets[unit] as number;
      const count = tokensOf(units.offsets, unit, pass.room);
      if (unit === answered[next]) {
        for (let token = 0; token < (all ? count : 1); token++) rows[row++] = at + token;
        next++;
      }
      // One by one: subarray() for a unit's few tokens costs more than copying them.
      for (let token = from; token < from + count; token++) tokens[at++] = units.tokens[token] as number;
    }
    for (const token of pass.suffix) tokens[at++] = token;
    instructions[index] = pass.prefix.length;
    offsets[index + 1] = at;
  }
  return { tokens, offsets, instructions, rows, sequences, aggregation };
}

function rowsOf({ units, pass, answered }: Sequence, all: boolean): number {
  if (!all) return answered.length;
  return answered.reduce((sum, unit) => sum + tokensOf(units.offsets, unit, pass.room), 0);
}

/** The next call, if there is one. */
export function* nextCall(calls: Generator<EncodeCall | undefined>): Steps<EncodeCall | undefined> {
  for (;;) {
    const { done, value } = calls.next();
    if (done || value) return value;
    yield;
  }
}

/** What the model says of a text about one entity type. */
export interface TypeAnswers {
  readonly type: string;
  readonly found: Predictions;
}

/**
 * Sorts the encoder's answers by text and type.
 * @param probabilities [n_rows * n_heads * n_labels]
 * @param answers       [n_texts][n_types] filled in
 * @throws {VanerError} `ERR_VANER_COMPUTE` for a value that is not a probability
 */
export function takeAnswers(
  { sequences, aggregation }: EncodeCall,
  probabilities: Float32Array,
  heads: number,
  labels: number,
  answers: readonly (readonly TypeAnswers[])[],
): void {
  const step = heads * labels;
  const all = readsAllTokens(aggregation);
  const mean = new Float32Array(all ? labels : 0);
  let row = 0;
  for (const { text, units, pass, answered } of sequences) {
    for (const unit of answered) {
      const tokens = all ? tokensOf(units.offsets, unit, pass.room) : 1;
      for (const { ranks, head } of pass.outputs) {
        const found = answers[text]?.[ranks[0] ?? 0]?.found;
        const word = { values: probabilities, at: row * step + head * labels, step, tokens, labels };
        if (aggregation === "average") {
          averageTokens(word, mean);
          found?.set(unit, mean, 0, labels);
        } else found?.set(unit, probabilities, all ? surestToken(word) : word.at, labels);
      }
      row += tokens;
    }
  }
}
