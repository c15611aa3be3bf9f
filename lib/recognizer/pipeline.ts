import { runJob } from "../binding/jobs.js";
import type { Entity } from "../decoding/entities.js";
import { isPromise } from "../promises.js";
import type { StopSignal } from "../signals.js";
import type { SourceText } from "../text/input.js";
import { Calls } from "./calls.js";
import type { Engine } from "./engine.js";
import { takeAnswers } from "./plan.js";
import { runAll } from "./pool.js";
import type { Request } from "./request.js";

/** Least encoder calls under way at once; more where more threads want batches, at work and waiting. */
const fewestCallsInFlight = 4;

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
  const prepared = engine.prepare(request.passes);
  const passes = isPromise(prepared) ? await prepared : prepared;
  signal?.throwIfAborted();
  const found: Entity[][] = texts.map(() => []);
  const { heads, labels } = engine.info;
  await runAll(
    (stop) => new Calls(engine, { texts, request, passes, found }, stop),
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
