import type { Predictions } from "../decoding/labels.js";
import { Slab } from "../slab.js";
import type { PreparedPass } from "./engine.js";
import type { TextTask } from "./task.js";
import { cutWindows, tokensOf } from "./windows.js";

const tokenSlab = new Slab((length) => new Int32Array(length));
const rowSlab = new Slab((length) => new Uint32Array(length));

/** A window of a text behind an instruction. */
interface Sequence {
  readonly task: TextTask;
  readonly pass: PreparedPass;
  readonly first: number;
  readonly end: number;
  /** The units whose answers are taken from this sequence: its window's own. */
  readonly answered: readonly number[];
  /** Tokens in all, instruction included. */
  readonly length: number;
}

/** One call of the native encoder, and whom its answers concern. */
export interface EncodeCall {
  readonly tokens: Int32Array;
  readonly offsets: Uint32Array;
  /** [n_sequences] tokens of each sequence's instruction. */
  readonly instructions: Uint32Array;
  readonly rows: Uint32Array;
  readonly sequences: readonly Sequence[];
}

/**
 * Lays out texts x passes x passages as encoder calls of at most `budget` tokens; a sequence that is
 * longer is a call of its own. Holds each task once for every sequence and releases the planner's own
 * hold. What a sequence contains never depends on its neighbours.
 */
export function* planCalls(
  tasks: Iterable<TextTask>,
  passes: readonly PreparedPass[],
  budget: number,
): Generator<EncodeCall> {
  let waiting: Sequence[] = [];
  let length = 0;
  for (const task of tasks) {
    for (const sequence of sequencesOf(task, passes)) {
      if (waiting.length > 0 && length + sequence.length > budget) {
        yield layOut(waiting, length);
        waiting = [];
        length = 0;
      }
      task.hold();
      waiting.push(sequence);
      length += sequence.length;
    }
    task.release();
  }
  if (waiting.length > 0) yield layOut(waiting, length);
}

function* sequencesOf(task: TextTask, passes: readonly PreparedPass[]): Generator<Sequence> {
  const { offsets, passages } = task.units;
  for (const pass of passes) {
    const { room, prefix } = pass;
    for (let passage = 0; passage + 1 < passages.length; passage++) {
      const windows = cutWindows(offsets, passages[passage] as number, passages[passage + 1] as number, room);
      for (const { first, end, owned } of windows) {
        if (owned.length === 0) continue;
        let length = prefix.length;
        for (let unit = first; unit < end; unit++) length += tokensOf(offsets, unit, room);
        yield { task, pass, first, end, answered: owned, length };
      }
    }
  }
}

function layOut(sequences: readonly Sequence[], length: number): EncodeCall {
  const tokens = tokenSlab.take(length);
  const offsets = new Uint32Array(sequences.length + 1);
  const instructions = new Uint32Array(sequences.length);
  const rows = rowSlab.take(sequences.reduce((sum, { answered }) => sum + answered.length, 0));
  let at = 0;
  let row = 0;
  for (const [index, { task, pass, first, end, answered }] of sequences.entries()) {
    const { units } = task;
    tokens.set(pass.prefix, at);
    at += pass.prefix.length;
    let next = 0;
    for (let unit = first; unit < end; unit++) {
      if (unit === answered[next]) {
        rows[row++] = at;
        next++;
      }
      const from = units.offsets[unit] as number;
      const count = tokensOf(units.offsets, unit, pass.room);
      // One by one: a view of each unit's few tokens would cost more than they do.
      for (let token = from; token < from + count; token++) tokens[at++] = units.tokens[token] as number;
    }
    instructions[index] = pass.prefix.length;
    offsets[index + 1] = at;
  }
  return { tokens, offsets, instructions, rows, sequences };
}

/**
 * Hands the encoder's answers to the texts they belong to, and releases these.
 * @param probabilities [n_rows * n_heads * n_labels]
 * @throws {VanerError} `ERR_VANER_COMPUTE` where a value is no probability
 */
export function takeAnswers(
  call: EncodeCall,
  probabilities: Float32Array,
  heads: number,
  labels: number,
): void {
  let row = 0;
  for (const { task, pass, answered } of call.sequences) {
    for (const unit of answered) {
      for (const { rank, head } of pass.outputs) {
        const predictions = task.predictions[rank] as Predictions;
        predictions.set(unit, probabilities, (row * heads + head) * labels, labels);
      }
      row++;
    }
    task.release();
  }
}
