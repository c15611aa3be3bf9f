import { isPromise } from "../async/promises.js";
import type { StopSignal } from "../async/signals.js";
import { betweenTurns, inTurns, type Steps } from "../async/steps.js";
import { WorkGroup } from "../async/work-group.js";
import { runJob } from "../binding/jobs.js";
import { calibrationOf } from "../decoding/calibration.js";
import { addRepeats } from "../decoding/consistency.js";
import type { Entity } from "../decoding/entities.js";
import { Predictions } from "../decoding/labels.js";
import { mergeEntities } from "../decoding/overlaps.js";
import type { SourceText } from "../text/input.js";
import { type EncodeCall, encodeCalls, nextCall, type TypeAnswers, takeAnswers } from "./encode-call.js";
import type { LoadedModel } from "./loaded-model.js";
import type { Query } from "./query.js";
import type { TextUnits } from "./segmentation/segmentation.js";
import { textGroups } from "./text-groups.js";

/**
 * Most tokens of an encoder call. Bounds the memory of a call; it does not set how long other callers wait, since
 * the engine takes sequences from all calls in turn.
 */
const callTokens = 4096;

/** Encoder calls in flight are as many as CPU threads, but at least these, so that the engine never runs dry. */
const fewestCallsInFlight = 4;

/**
 * Recognizes the entities of texts: groups of texts -> tokens -> encoder calls -> label probabilities -> entities.
 * While calls are in flight, the next ones are laid out, no sooner than they can start.
 * @returns the entities of each text, in the order of the texts
 * @throws the signal's reason; {VanerError} for a failure of the model
 */
export async function recognizeTexts(
  model: LoadedModel,
  texts: readonly SourceText[],
  query: Query,
  signal?: StopSignal,
): Promise<Entity[][]> {
  signal?.throwIfAborted();
  // Known instructions and words give their tokens at once: a short text then waits for the encoder alone.
  const prepared = model.prepare(query.passes);
  const passes = isPromise(prepared) ? await prepared : prepared;
  const run = async (work: WorkGroup): Promise<Entity[][]> => {
    const groups: Promise<Entity[][]>[] = [];
    for (const group of textGroups(texts)) {
      const tokenized = model.tokenize(group, query, work.stop);
      const units = isPromise(tokenized) ? await tokenized : tokenized;
      const answers = units.map((text) => emptyAnswers(text, query, model));
      const encoded: Promise<void>[] = [];
      const calls = encodeCalls(units, passes, callTokens, query.aggregation);
      for (;;) {
        const next = inTurns(nextCall(calls), work.stop);
        const call = isPromise(next) ? await next : next;
        if (!call) break;
        encoded.push(work.start((stop) => encode(model, call, answers, stop)));
        const freeSlot = work.freeSlot();
        if (freeSlot) await freeSlot;
      }
      const entities = decodeGroup(units, answers, query, encoded, work.stop);
      // A failure is met below; until then it must not count as unhandled.
      entities.catch(() => {});
      groups.push(entities);
      const turn = betweenTurns();
      if (turn) await turn;
    }
    const found: Entity[][] = [];
    for (const entities of groups) for (const own of await entities) found.push(own);
    return found;
  };
  return WorkGroup.run(Math.max(fewestCallsInFlight, model.threads), run, signal);
}

/** Types that share a head in a pass share its predictions. */
function emptyAnswers(
  { offsets }: TextUnits,
  { types, passes }: Query,
  { scheme, info }: LoadedModel,
): TypeAnswers[] {
  const answers: TypeAnswers[] = [];
  for (const { head, ranks } of passes.flatMap(({ outputs }) => outputs)) {
    const found = new Predictions(offsets.length - 1, scheme.outside, calibrationOf(head, info));
    for (const rank of ranks) answers[rank] = { type: types[rank] ?? "", found };
  }
  return answers;
}

/** Runs one encoder call and adds what it says to `answers`. */
async function encode(
  { native, info, queue, given }: LoadedModel,
  call: EncodeCall,
  answers: readonly (readonly TypeAnswers[])[],
  stop: StopSignal,
): Promise<void> {
  const { tokens, offsets, instructions, rows } = call;
  given.tokens += tokens.length;
  given.calls++;
  const start = () => native.encode(tokens, offsets, instructions, rows);
  const probabilities = await queue.run(tokens.length, () => runJob(start, stop), stop);
  takeAnswers(call, probabilities, info.heads.length, info.labels.length, answers);
}

/** The entities of each text of a group, once all its calls are answered. */
async function decodeGroup(
  units: readonly TextUnits[],
  answers: readonly (readonly TypeAnswers[])[],
  query: Query,
  encoded: readonly Promise<void>[],
  stop: StopSignal,
): Promise<Entity[][]> {
  for (const call of encoded) await call;
  return inTurns(decodeAll(units, answers, query), stop);
}

function* decodeAll(
  units: readonly TextUnits[],
  answers: readonly (readonly TypeAnswers[])[],
  query: Query,
): Steps<Entity[][]> {
  const all: Entity[][] = [];
  for (const [index, text] of units.entries()) {
    if (index > 0) yield;
    all.push(yield* decode(text, answers[index] ?? [], query));
  }
  return all;
}

function* decode(
  text: TextUnits,
  answers: readonly TypeAnswers[],
  { consistency, overlaps }: Query,
): Steps<Entity[]> {
  const found: Entity[][] = [];
  for (const answer of answers) found.push(yield* text.decode(answer.type, answer.found));
  const perType = consistency ? yield* addRepeats(text.segmented, found) : found;
  const [only] = perType;
  // Entities of one type are sorted and never overlap.
  return only && perType.length === 1 ? only : yield* mergeEntities(perType, overlaps);
}
