import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ModelView, viewOf } from "../support/model-view.js";
import { oddText } from "../support/odd-text.js";

/** `npm run fuzz:text` sets it to a million. */
const runs = Number(process.env["VANER_FUZZ_RUNS"] ?? 1000);

/** Any code units: lone surrogates, joiners, marks, direction signs, NUL. */
const anyUnits = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xffff })), {
    maxLength: 60,
    size: "max",
  })
  .map((units) => String.fromCharCode(...units));

/** One piece very often. */
const repeated = fc
  .tuple(oddText(3), fc.integer({ min: 1, max: 400 }), oddText(3))
  .map(([unit, times, end]) => unit.repeat(times) + end);

const texts = fc.oneof(
  { weight: 2, arbitrary: oddText() },
  {
    weight: 2,
    arbitrary: fc.array(oddText(), { maxLength: 12, size: "max" }).map((parts) => parts.join("")),
  },
  { weight: 3, arbitrary: anyUnits },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60, size: "max" }) },
  { weight: 1, arbitrary: repeated },
);

const space = /^\s$/u;
const invisible = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
/** A soft hyphen at which a line break parts a word. */
const parted = /\u00ad(?:\r\n|[\n-\r\u2028])(?=\p{Ll})/gu;

/** Space, what a reader does not see, and signs between mentions. */
const edges = new RegExp(`^(?:[\\s,.:;/-]|${invisible.source})|(?:[\\s,.:;/-]|${invisible.source})$`);
const opposite: Record<string, string> = { "(": ")", ")": "(", "[": "]", "]": "[", "{": "}", "}": "{" };

/** What is wrong with the view of a text, in words; undefined if nothing is. */
function problem(
  text: string,
  room: number,
  passageTokens: number,
  view: ModelView,
  lines?: boolean,
): string | undefined {
  const { bounds, read, sentences } = view.segmented;
  const count = bounds.length / 2;
  const visible = (part: string) => (lines === true ? part : part.replace(parted, "")).replace(invisible, "");
  if (read.text !== visible(text)) return "the model does not read the visible text";
  let end = 0;
  let readEnd = 0;
  for (let word = 0; word <= count; word++) {
    const start = bounds[2 * word] ?? text.length;
    const readStart = read.bounds[2 * word] ?? read.text.length;
    if (start < end || readStart < readEnd) return "words overlap";
    for (let at = readEnd; at < readStart; at++)
      if (!space.test(read.text.charAt(at))) return "a sign is lost";
    const [stop = start, readStop = readStart] = [bounds[2 * word + 1], read.bounds[2 * word + 1]];
    const own = text.slice(start, stop);
    if (visible(own) !== read.text.slice(readStart, readStop)) return "an offset is wrong";
    if (word < count && (own === "" || /\s/.test(read.text.slice(readStart, readStop)))) return "not a word";
    [end, readEnd] = [stop, readStop];
  }
  if (sentences.at(-1) !== count || sentences[0] !== 0) return "words are in no sentence";
  if (sentences.some((first, at) => at > 0 && first <= (sentences[at - 1] as number)))
    return "an empty sentence";
  if (view.labelled.some((times) => times !== 1)) return "a word is not labelled once";
  if (view.lengths.some((length) => length > room + 1)) return "a sequence is too long";
  if (passageTokens === 0 && count > 0 && view.lengths.length < sentences.length - 1)
    return "sentences are joined";
  return problemOfEntities(text, view);
}

function problemOfEntities(text: string, { entities, segmented }: ModelView): string | undefined {
  const { bounds, sentences } = segmented;
  let reach = 0;
  for (const { start, end, text: mention, sentence, score } of entities) {
    if (mention !== text.slice(start, end) || mention === "") return "an entity is not its part of the text";
    if (start < reach) return "entities overlap or are in disorder";
    if (edges.test(mention)) return "an entity has a sign at its edge that is no part of it";
    if (/^[)\]}]/.test(mention) && !mention.includes(opposite[mention.charAt(0)] as string))
      return "a lone bracket";
    if (/[([{]$/.test(mention) && !mention.includes(opposite[mention.at(-1) as string] as string))
      return "a lone bracket";
    const first = bounds[2 * (sentences[sentence] as number)] as number;
    const stop = bounds[2 * (sentences[sentence + 1] as number) - 1] as number;
    if (start < first || end > stop) return "an entity is not in its sentence";
    if (!(score > 0 && score <= 1)) return "a score is no probability";
    reach = end;
  }
  return undefined;
}

test(
  "offsets are exact and nothing is lost, for any text",
  () => {
    const room = fc.integer({ min: 1, max: 40 });
    const passage = fc.constantFrom(0, 1);
    const lines = fc.constantFrom(undefined, undefined, true, false);
    const labels = fc.array(fc.constantFrom<0 | 1 | 2>(0, 1, 2), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(texts, room, passage, lines, labels, (text, most, inPassages, asLines, cycle) => {
        const passageTokens = inPassages * most;
        const label = (word: number, type: number) => cycle[(word * (type + 1)) % cycle.length] ?? 0;
        const view = viewOf(text, { lines: asLines, tokenLength: 4, room: most, passageTokens, label });
        const found = problem(text, most, passageTokens, view, asLines);
        if (found !== undefined) throw new Error(found);
      }),
      { numRuns: runs },
    );
  },
  60_000 + 20 * runs,
);

test("a word of a million letters is one word, whatever letters", () => {
  for (const letter of ["a", "α", "ß", "日", "𝒳", "\u0301", "7", "٣"]) {
    const word = letter.repeat(1_000_000);
    const view = viewOf(`${word}. ${word}`, { tokenLength: 4, room: 8, passageTokens: 0, label: () => 1 });
    expect(problem(`${word}. ${word}`, 8, 0, view)).toBeUndefined();
    expect([...view.segmented.bounds]).toEqual([
      ...[0, word.length],
      ...[word.length, word.length + 1],
      ...[word.length + 2, 2 * word.length + 2],
    ]);
  }
});
