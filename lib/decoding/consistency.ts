import { type Steps, sorted, stride } from "../async/steps.js";
import { type Definition, findDefinitions } from "../text/definitions.js";
import { type SegmentedText, textOf, type WordRange } from "../text/segment.js";
import type { Entity } from "./entities.js";
import { type Name, Names } from "./names.js";

/** Least score of a mention whose string is looked for elsewhere. */
const sureScore = 0.9;

/** Names that are added or looked for between two pauses. */
const nameStride = 2 ** 11;

/**
 * Adds the mentions of a text that its other mentions imply:
 * - Where a text defines an abbreviation, and the long form is an entity, the short form is one of its type everywhere.
 * - A string that is an entity, once with a score of 0.9 or more, is one at its other occurrences too, unless the model
 *   passed over it more often than it found it.
 *
 * An added entity is made of whole words of one sentence, and overlaps no other of its type. Of several that are
 * possible at a place the longest is added. Its score is the highest of the mentions that it is derived from. Takes
 * O(n log n).
 * @param perType entities of each type, sorted, without overlaps
 */
export function* addRepeats(
  input: SegmentedText,
  perType: readonly (readonly Entity[])[],
): Steps<Entity[][]> {
  const definitions = yield* findDefinitions(input);
  const all: Entity[][] = [];
  for (const entities of perType) all.push(yield* withRepeats(input, entities, definitions));
  return all;
}

function* withRepeats(
  input: SegmentedText,
  entities: readonly Entity[],
  definitions: readonly Definition[],
): Steps<Entity[]> {
  const [known] = entities;
  if (!known) return [];
  const mentions = yield* mentionsOf(input.bounds, entities);
  const names = yield* namesOf(input, mentions, definitions);
  const all = [...entities];
  for (const [index, { name, sentence, ...range }] of (yield* findRepeats(
    input,
    names,
    mentions,
  )).entries()) {
    if (index % stride === stride - 1) yield;
    if (!isSure(name)) continue;
    const text = textOf(input, range);
    const start = input.bounds[2 * range.first] ?? 0;
    all.push({ type: known.type, text, start, end: start + text.length, score: name.score, sentence });
  }
  return yield* sorted(all, (a, b) => a.start - b.start);
}

/** An entity as the words that it touches. */
interface Mention extends WordRange {
  /** Whether it starts and ends with words. */
  readonly whole: boolean;
  readonly score: number;
}

function* mentionsOf(bounds: Uint32Array, entities: readonly Entity[]): Steps<Mention[]> {
  const mentions: Mention[] = [];
  let word = 0;
  for (const { start, end, score } of entities) {
    while ((bounds[2 * word + 1] ?? start + 1) <= start) if (++word % stride === 0) yield;
    const first = word;
    while ((bounds[2 * word + 2] ?? end) < end) if (++word % stride === 0) yield;
    const whole = bounds[2 * first] === start && bounds[2 * word + 1] === end;
    mentions.push({ first, end: word + 1, whole, score });
  }
  return mentions;
}

function* namesOf(
  { read }: SegmentedText,
  mentions: readonly Mention[],
  definitions: readonly Definition[],
): Steps<Names> {
  const names = new Names(read);
  const wholeByStart = new Map<number, Mention>();
  for (const [index, mention] of mentions.entries()) {
    if (index % nameStride === nameStride - 1) yield;
    if (!mention.whole) continue;
    wholeByStart.set(mention.first, mention);
    const name = names.add(mention);
    if (!name) continue;
    name.score = Math.max(name.score, mention.score);
    name.found++;
  }
  for (const [index, { long, short }] of definitions.entries()) {
    if (index % nameStride === nameStride - 1) yield;
    const mention = wholeByStart.get(long.first);
    const name = mention?.end === long.end ? names.add(short) : undefined;
    if (!mention || !name) continue;
    name.score = Math.max(name.score, mention.score);
    name.defined = true;
  }
  return names;
}

/** An occurrence of a name outside the mentions. */
interface Repeat extends WordRange {
  readonly sentence: number;
  readonly name: Name;
}

/** Finds where names occur in words of a sentence that are in no mention and no list marker, and counts that. */
function* findRepeats(
  { bounds, sentences, markers }: SegmentedText,
  names: Names,
  mentions: readonly Mention[],
): Steps<Repeat[]> {
  const found: Repeat[] = [];
  const taken = markers?.slice() ?? new Uint8Array(bounds.length / 2);
  for (const { first, end } of mentions) taken.fill(1, first, end);
  let pause = nameStride;
  for (const [sentence, from] of sentences.entries()) {
    const to = sentences[sentence + 1] ?? from;
    /** End of the free words around `word`; behind it if that is not known. */
    let free = from;
    for (let word = from; word < to; ) {
      if (word >= pause) {
        yield;
        pause = word + nameStride;
      }
      if (free <= word) for (free = word; free < to && taken[free] === 0; ) if (++free % stride === 0) yield;
      const next = free > word ? names.longestFrom(word, free) : undefined;
      if (next) {
        found.push({ ...next, sentence, first: word });
        next.name.missed++;
      }
      word = next ? next.end : word + 1;
    }
  }
  return found;
}

function isSure({ score, found, missed, defined }: Name): boolean {
  return defined || (score >= sureScore && missed <= found);
}
