import { runJob } from "../binding/jobs.js";
import type { Entity } from "../decoding/entities.js";
import type { StopSignal } from "../signals.js";
import type { SourceText } from "../text/input.js";
import type { Engine, PreparedPass } from "./engine.js";
import { type EncodeCall, planCalls, takeAnswers } from "./plan.js";
import { runAll } from "./pool.js";
import type { Request } from "./request.js";
import { TextTask } from "./task.js";

/**
 * Most tokens of one encoder call. Bounds the memory of a call; the engine takes sequences from the
 * calls of all callers in turn, so it does not set how long others wait.
 */
const callTokens = 4096;

/** Least encoder calls under way at once; more where more threads want batches, at work and waiting. */
const fewestCallsInFlight = 4;

/**
 * UTF-16 code units of text that are tokenized together, some thousand tokens; a longer text is tokenized by
 * itself. The engine has to wait for the first of these only.
 */
const groupLength = 4096;

/**
 * Recognizes the entities of texts: text -> units and their tokens -> encoder calls -> labels -> entities.
 * @returns the entities of each text, in the order of the texts
 * @throws the signal's reason; {VanerError} for a failure of the model
 */
export async function recognizeTexts(
  engine: Engine,
  texts: readonly SourceText[],
  request: Request,
  signal?: StopSignal,
): Promise<Entity[][]> {
  signal?.throwIfAborted();
  const passes = await Promise.all(request.passes.map((pass) => engine.prepare(pass)));
  signal?.throwIfAborted();
  const found: Entity[][] = texts.map(() => []);
  const { heads, labels } = engine.info;
  await runAll(
    (stop) => callsFor(engine, texts, request, passes, found, stop),
    async (call, stop) => {
      const { tokens, offsets, instructions, rows } = call;
      const encode = () => runJob(() => engine.native.encode(tokens, offsets, instructions, rows), stop);
      const answers = await engine.gate.run(tokens.length, encode, stop);
      takeAnswers(call, answers, heads.length, labels.length);
    },
    Math.max(fewestCallsInFlight, engine.threads),
    signal,
  );
  return found;
}

/** Tokenizes group after group and lays each out, only as fast as the calls are taken. */
async function* callsFor(
  engine: Engine,
  texts: readonly SourceText[],
  request: Request,
  passes: readonly PreparedPass[],
  found: Entity[][],
  signal: StopSignal,
): AsyncGenerator<EncodeCall> {
  for (const { first, end } of groupsOf(texts)) {
    const units = await engine.unitsOf(texts.slice(first, end), signal);
    const tasks = units.map((own, index) => {
      const finish = (entities: Entity[]) => {
        found[first + index] = entities;
      };
      return new TextTask(own, request, engine.outside, finish);
    });
    yield* planCalls(tasks, passes, callTokens);
  }
}

function* groupsOf(texts: readonly SourceText[]): Generator<{ first: number; end: number }> {
  for (let first = 0, end = 0; first < texts.length; first = end) {
    let length = 0;
    do length += lengthOf(texts[end++]);
    while (end < texts.length && length + lengthOf(texts[end]) <= groupLength);
    yield { first, end };
  }
}

function lengthOf(source: SourceText | undefined): number {
  return source?.text.length ?? 0;
}
