import type { Entity } from "../decoding/entities.js";
import { isPromise } from "../promises.js";
import type { StopSignal } from "../signals.js";
import type { SourceText } from "../text/input.js";
import type { Engine, PreparedPass } from "./engine.js";
import { type EncodeCall, planCalls } from "./plan.js";
import type { Request } from "./request.js";
import { TextTask } from "./task.js";
import type { TextUnits } from "./units.js";

/**
 * Most tokens of one encoder call. Bounds the memory of a call; the engine takes sequences from the
 * calls of all callers in turn, so it does not set how long others wait.
 */
const callTokens = 4096;

/**
 * UTF-16 code units of text that are tokenized together at first, some thousand tokens, and at most; a longer text is
 * tokenized by itself. The engine has to wait for the first of these only, so each group may be twice as long
 * as the one before: fewer calls take less of JavaScript's time.
 */
const firstGroupLength = 4096;
const mostGroupLength = 16_384;

/** What is to be recognized, and where its entities go. */
export interface Work {
  readonly texts: readonly SourceText[];
  readonly request: Request;
  readonly passes: readonly PreparedPass[];
  /** [n_texts] filled in as texts are finished. */
  readonly found: Entity[][];
}

/**
 * The encoder calls of a work: tokenizes group after group and lays each out, only as fast as the calls are
 * taken. No generator: most works are one call whose words are known, which then takes no promise at all.
 */
export class Calls {
  readonly #engine: Engine;
  readonly #work: Work;
  readonly #signal: StopSignal;
  readonly #groups: Iterator<{ first: number; end: number }>;
  #planned: Iterator<EncodeCall> = [].values();
  #tokenizing: Promise<void> | undefined;

  constructor(engine: Engine, work: Work, signal: StopSignal) {
    this.#engine = engine;
    this.#work = work;
    this.#signal = signal;
    this.#groups = groupsOf(work.texts);
  }

  /** The next call, or undefined after the last. May be asked again before it has answered. */
  next(): EncodeCall | undefined | Promise<EncodeCall | undefined> {
    while (!this.#tokenizing) {
      const call = this.#planned.next();
      if (!call.done) return call.value;
      const group = this.#groups.next();
      if (group.done) return undefined;
      const { first, end } = group.value;
      const units = this.#engine.unitsOf(this.#work.texts.slice(first, end), this.#signal);
      if (isPromise(units)) this.#tokenizing = this.#planLater(first, units);
      else this.#plan(first, units);
    }
    return this.#tokenizing.then(() => this.next());
  }

  async #planLater(first: number, units: Promise<TextUnits[]>): Promise<void> {
    try {
      this.#plan(first, await units);
    } finally {
      this.#tokenizing = undefined;
    }
  }

  #plan(first: number, units: readonly TextUnits[]): void {
    const { request, passes, found } = this.#work;
    const tasks = units.map((own, index) => {
      const finish = (entities: Entity[]) => {
        found[first + index] = entities;
      };
      return new TextTask(own, request, this.#engine.outside, finish);
    });
    this.#planned = planCalls(tasks, passes, callTokens);
  }
}

function* groupsOf(texts: readonly SourceText[]): Generator<{ first: number; end: number }> {
  let most = firstGroupLength;
  for (let first = 0, end = 0; first < texts.length; first = end) {
    let length = 0;
    do length += lengthOf(texts[end++]);
    while (end < texts.length && length + lengthOf(texts[end]) <= most);
    yield { first, end };
    most = Math.min(2 * most, mostGroupLength);
  }
}

function lengthOf(source: SourceText | undefined): number {
  return source?.text.length ?? 0;
}
