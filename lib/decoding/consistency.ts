import { type Definition, findDefinitions } from "../text/definitions.js";
import { type SegmentedText, textOf, type WordRange } from "../text/segment.js";
import type { Entity } from "./entities.js";
import { type Name, Names } from "./names.js";

/** Least score of a mention whose string is looked for elsewhere. */
const sureScore = 0.9;

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
export function addRepeats(input: SegmentedText, perType: readonly (readonly Entity[])[]): Entity[][] {
  const definitions = findDefinitions(input);
  return perType.map((entities) => withRepeats(input, entities, definitions));
}

function withRepeats(
  input: SegmentedText,
  entities: readonly Entity[],
  definitions: readonly Definition[],
): Entity[] {
  const [known] = entities;
  if (!known) return [];
  const mentions = mentionsOf(input.bounds, entities);
  const names = namesOf(input, mentions, definitions);
  const repeats = findRepeats(input, names, mentions).filter(({ name }) => isSure(name));
  const added = repeats.map(({ name: { score }, sentence, ...range }): Entity => {
    const text = textOf(input, range);
    const start = input.bounds[2 * range.first] ?? 0;
    return { type: known.type, text, start, end: start + text.length, score, sentence };
  });
  return [...entities, ...added].sort((a, b) => a.start - b.start);
}

/** An entity as the words that it touches. */
interface Mention extends WordRange {
  /** Whether it starts and ends with words. */
  readonly whole: boolean;
  readonly score: number;
}

function mentionsOf(bounds: Uint32Array, entities: readonly Entity[]): Mention[] {
  let word = 0;
  return entities.map(({ start, end, score }) => {
    while ((bounds[2 * word + 1] ?? start + 1) <= start) word++;
    const first = word;
    let last = word;
    while ((bounds[2 * last + 2] ?? end) < end) last++;
    word = last;
    const whole = bounds[2 * first] === start && bounds[2 * last + 1] === end;
    return { first, end: last + 1, whole, score };
  });
}

function namesOf(
  { read }: SegmentedText,
  mentions: readonly Mention[],
  definitions: readonly Definition[],
): Names {
  const names = new Names(read);
  const wholeByStart = new Map<number, Mention>();
  for (const mention of mentions) {
    if (!mention.whole) continue;
    wholeByStart.set(mention.first, mention);
    const name = names.add(mention);
    if (!name) continue;
    name.score = Math.max(name.score, mention.score);
    name.found++;
  }
  for (const { long, short } of definitions) {
    const mention = wholeByStart.get(long.first);
    const name = mention?.end === long.end ? names.add(short) : undefined;
    if (!mention || !name) continue;
    name.score = Math.max(name.score, mention.score);
    name.defined = true;
  }
  return names;
}

/** Words in a row. */
interface Stretch extends WordRange {
  readonly sentence: number;
}

interface Repeat extends Stretch {
  readonly name: Name;
}

/** Finds where names occur outside the mentions, and counts that. */
function findRepeats(input: SegmentedText, names: Names, mentions: readonly Mention[]): Repeat[] {
  const found: Repeat[] = [];
  for (const { sentence, first, end } of freeStretches(input, mentions)) {
    for (let word = first; word < end; ) {
      const next = names.longestFrom(word, end);
      if (next) {
        found.push({ ...next, sentence, first: word });
        next.name.missed++;
      }
      word = next ? next.end : word + 1;
    }
  }
  return found;
}

/** The words of each sentence that are in no mention and in no list marker. */
function* freeStretches(
  { bounds, sentences, markers }: SegmentedText,
  mentions: readonly Mention[],
): Generator<Stretch> {
  const taken = markers?.slice() ?? new Uint8Array(bounds.length / 2);
  for (const { first, end } of mentions) taken.fill(1, first, end);
  for (const [sentence, from] of sentences.entries()) {
    const to = sentences[sentence + 1] ?? from;
    let first = from;
    for (let word = from; word <= to; word++) {
      if (word < to && taken[word] === 0) continue;
      if (first < word) yield { sentence, first, end: word };
      first = word + 1;
    }
  }
}

function isSure({ score, found, missed, defined }: Name): boolean {
  return defined || (score >= sureScore && missed <= found);
}
