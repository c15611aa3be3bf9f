import { corpusError, type GoldText, type Line } from "./corpus.js";
import type { Span } from "./scores.js";

/** What stands between the words of a sentence whose text the corpus does not give. */
const separator = " ";

const tagPattern = /^(?:O|([BIES])-(.+)|([BIES]))$/;

/**
 * Reads a CoNLL file: a word and its tag a line, separated by white space (further columns between
 * them are ignored), a blank line after each sentence. Tags are those of IOB2, IOB1 or IOBES, read
 * as seqeval's default mode does: an I that continues nothing opens an entity.
 * @param plainType the type of tags without one (`B`, `I`)
 * @throws {VanerError} `ERR_VANER_CORPUS` for a line that is none of these, by number
 */
export async function* readConll(lines: AsyncIterable<Line>, plainType: string): AsyncGenerator<GoldText> {
  let words: string[] = [];
  let tags: string[] = [];
  let first = 1;
  for await (const { number, content } of lines) {
    const columns = content.split(/[\t ]+/).filter((column) => column !== "");
    if (columns.length === 0 || columns[0] === "-DOCSTART-") {
      if (words.length > 0) yield sentenceOf(words, tags, first, plainType);
      words = [];
      tags = [];
      continue;
    }
    if (columns.length < 2) {
      throw corpusError(number, `it has one column. A CoNLL file has a word and a tag in each line.`);
    }
    if (words.length === 0) first = number;
    const tag = columns.at(-1) as string;
    if (!tagPattern.test(tag)) {
      throw corpusError(
        number,
        `${JSON.stringify(tag)} is no tag. Tags are O, or B, I, E, S with "-" and a type.`,
      );
    }
    words.push(columns[0] as string);
    tags.push(tag);
  }
  if (words.length > 0) yield sentenceOf(words, tags, first, plainType);
}

function sentenceOf(words: string[], tags: string[], line: number, plainType: string): GoldText {
  return {
    name: `line ${line}`,
    text: words.join(separator),
    words,
    entities: entitiesOf(tags, words, plainType),
  };
}

/** Entities of a sentence's tags, by seqeval's default mode. Offsets count in the words' joined text. */
export function entitiesOf(tags: readonly string[], words: readonly string[], plainType: string): Span[] {
  const entities: Span[] = [];
  let open: { type: string; start: number } | undefined;
  let before = { prefix: "O", type: "" };
  let at = 0;
  let end = 0;
  for (const [index, word] of words.entries()) {
    const match = tagPattern.exec(tags[index] as string);
    const tag = {
      prefix: match?.[1] ?? match?.[3] ?? "O",
      type: match?.[2] ?? (match?.[3] ? plainType : ""),
    };
    if (open && endsBetween(before, tag)) {
      entities.push({ ...open, end });
      open = undefined;
    }
    if (startsBetween(before, tag)) open = { type: tag.type, start: at };
    before = tag;
    end = at + word.length;
    at = end + separator.length;
  }
  if (open) entities.push({ ...open, end });
  return entities;
}

type Tag = { readonly prefix: string; readonly type: string };

/** Whether an entity that holds the first tag's word ends before the second's. */
function endsBetween(before: Tag, tag: Tag): boolean {
  if (before.prefix === "E" || before.prefix === "S") return true;
  if (tag.prefix === "B" || tag.prefix === "S" || tag.prefix === "O") return true;
  return before.type !== tag.type;
}

/** Whether an entity starts at the second tag's word. */
function startsBetween(before: Tag, tag: Tag): boolean {
  if (tag.prefix === "O") return false;
  if (tag.prefix === "B" || tag.prefix === "S") return true;
  if (before.prefix === "E" || before.prefix === "S" || before.prefix === "O") return true;
  return before.type !== tag.type;
}
