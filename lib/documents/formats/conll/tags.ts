import type { Annotation, Passage, Range } from "../../document.js";

/** A tag: what it does to the open mention, and the type; an empty one if the tag has none. */
export interface ConllTag {
  readonly prefix: "O" | "B" | "I" | "E" | "S";
  readonly type: string;
}

/** A mention in words `first` up to `end`. */
export interface TaggedRange {
  readonly type: string;
  readonly first: number;
  readonly end: number;
}

/** Prefixes with the same effect: BILOU has L and U, other schemes M for I. */
const prefixes: Readonly<Record<string, ConllTag["prefix"]>> = {
  O: "O",
  B: "B",
  I: "I",
  M: "I",
  E: "E",
  L: "E",
  S: "S",
  U: "S",
};

/**
 * Reads a tag of IOB1, IOB2, IOBES or BILOU: `O`, a prefix with `-` and a type, or a prefix alone.
 * @returns undefined if it is none
 */
export function readTag(tag: string): ConllTag | undefined {
  const [prefix = "", ...type] = tag.split("-");
  const known = Object.hasOwn(prefixes, prefix) ? prefixes[prefix] : undefined;
  if (known === undefined || (known === "O" && type.length > 0)) return undefined;
  return { prefix: known, type: type.join("-") };
}

/** Reads a tag of IO without prefixes: `O`, or a type. */
export function readPlainTag(tag: string): ConllTag {
  return tag === "O" ? { prefix: "O", type: "" } : { prefix: "I", type: tag };
}

/** An IOB2 tag without its prefix, as {@link readPlainTag} reads it. */
export function plainTag(tag: string): string {
  return tag.replace(/^[BI]-/, "");
}

/** The mentions of a sentence, by seqeval's default mode: an I that continues no mention opens one. */
export function mentionsOf(tags: readonly ConllTag[]): TaggedRange[] {
  const mentions: TaggedRange[] = [];
  let open: { type: string; first: number } | undefined;
  let before: ConllTag = { prefix: "O", type: "" };
  for (const [word, tag] of tags.entries()) {
    if (open && endsBetween(before, tag)) {
      mentions.push({ ...open, end: word });
      open = undefined;
    }
    if (startsBetween(before, tag)) open = { type: tag.type, first: word };
    before = tag;
  }
  if (open) mentions.push({ ...open, end: tags.length });
  return mentions;
}

function endsBetween(before: ConllTag, tag: ConllTag): boolean {
  if (before.prefix === "E" || before.prefix === "S") return true;
  return tag.prefix === "B" || tag.prefix === "S" || tag.prefix === "O" || before.type !== tag.type;
}

function startsBetween(before: ConllTag, tag: ConllTag): boolean {
  if (tag.prefix === "O") return false;
  if (tag.prefix === "B" || tag.prefix === "S") return true;
  return before.prefix === "E" || before.prefix === "S" || before.prefix === "O" || before.type !== tag.type;
}

/** A word with its tag. */
export interface TaggedWord {
  readonly word: string;
  readonly tag: ConllTag;
}

/** Sentences of tagged words as a passage: the words joined by single spaces. */
export function taggedPassage(sentences: readonly (readonly TaggedWord[])[]): Passage {
  const annotations: Annotation[] = [];
  let start = 0;
  for (const sentence of sentences) {
    const bounds = sentence.map(({ word }) => {
      const own = { start, end: start + word.length };
      start = own.end + 1;
      return own;
    });
    for (const { type, first, end } of mentionsOf(sentence.map(({ tag }) => tag))) {
      annotations.push({
        type,
        ranges: [{ start: bounds[first]?.start ?? 0, end: bounds[end - 1]?.end ?? 0 }],
      });
    }
  }
  const words = sentences.map((sentence) => sentence.map(({ word }) => word));
  return { type: "", text: words.flat().join(" "), sentences: words, annotations };
}

/**
 * IOB2 tags of words.
 * @param words where the words are in their text, in order
 * @param mentions of the same text; a word that a mention touches is part of it
 * @returns undefined if mentions overlap: a word has one tag
 */
export function tagsFor(
  words: readonly Range[],
  mentions: readonly (Range & { readonly type: string })[],
): string[] | undefined {
  const tags = words.map(() => "O");
  const sorted = [...mentions].sort((a, b) => a.start - b.start || a.end - b.end);
  let word = 0;
  for (const { type, start, end } of sorted) {
    while ((words[word]?.end ?? end) <= start) word++;
    for (let index = word; (words[index]?.start ?? end) < end; index++) {
      if (tags[index] !== "O") return undefined;
      const tag = type === "" ? "" : `-${type}`;
      tags[index] = (index === word ? "B" : "I") + tag;
    }
  }
  return tags;
}
