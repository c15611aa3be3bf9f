import { type CorpusTypes, corpusError, type GoldText, type Line } from "./corpus.js";
import type { Span } from "./scores.js";

/** Joins the words of a sentence: the corpus does not give its text. */
const separator = " ";

const tagPattern = /^(?:O|([BIES])-(.+)|([BIES]))$/;

/**
 * Reads a CoNLL file. Each line has a word and its tag, separated by white space (columns between them are ignored); a
 * blank line ends a sentence. Tags are IOB2, IOB1 or IOBES, read as in seqeval's default mode: an I that continues no
 * entity opens one.
 * A sentence continues the one before it, unless a line `-DOCSTART-` stands between them.
 * @param types `untyped` is the entity type of tags without a type (`B`, `I`)
 * @throws {VanerError} `ERR_VANER_CORPUS` for a malformed line, by number
 */
export async function* readConll(
  lines: AsyncIterable<Line>,
  { untyped }: Pick<CorpusTypes, "untyped">,
): AsyncGenerator<GoldText> {
  let words: string[] = [];
  let tags: string[] = [];
  let first = 1;
  let continues = false;
  for await (const { number, content } of lines) {
    const columns = content.split(/[\t ]+/).filter((column) => column !== "");
    const [word, tag] = [columns.at(0), columns.at(-1)];
    if (word === undefined || tag === undefined || word === "-DOCSTART-") {
      if (words.length > 0) {
        yield { ...sentenceOf(words, tags, first, untyped), continues };
        continues = true;
      }
      if (word === "-DOCSTART-") continues = false;
      words = [];
      tags = [];
      continue;
    }
    if (columns.length < 2) {
      throw corpusError(number, "it has one column. Each line of a CoNLL file has a word and a tag.");
    }
    if (words.length === 0) first = number;
    if (!tagPattern.test(tag)) {
      throw corpusError(
        number,
        `${JSON.stringify(tag)} is not a tag. Tags are O, or B, I, E, S with "-" and a type.`,
      );
    }
    words.push(word);
    tags.push(tag);
  }
  if (words.length > 0) yield { ...sentenceOf(words, tags, first, untyped), continues };
}

function sentenceOf(words: string[], tags: string[], line: number, plainType: string): GoldText {
  return {
    name: `line ${line}`,
    text: words.join(separator),
    words,
    entities: entitiesOf(tags, words, plainType),
  };
}

/** Entities of a sentence's tags, by seqeval's default mode. Offsets are in the joined words. */
export function entitiesOf(tags: readonly string[], words: readonly string[], plainType: string): Span[] {
  const entities: Span[] = [];
  let open: { type: string; start: number } | undefined;
  let before = { prefix: "O", type: "" };
  let at = 0;
  let end = 0;
  for (const [index, word] of words.entries()) {
    const [, prefix, type = "", plain] = tagPattern.exec(tags[index] ?? "O") ?? [];
    const tag = { prefix: prefix ?? plain ?? "O", type: plain ? plainType : type };
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

/** Whether an entity ends between the words of two tags. */
function endsBetween(before: Tag, tag: Tag): boolean {
  if (before.prefix === "E" || before.prefix === "S") return true;
  if (tag.prefix === "B" || tag.prefix === "S" || tag.prefix === "O") return true;
  return before.type !== tag.type;
}

/** Whether an entity starts between the words of two tags. */
function startsBetween(before: Tag, tag: Tag): boolean {
  if (tag.prefix === "O") return false;
  if (tag.prefix === "B" || tag.prefix === "S") return true;
  if (before.prefix === "E" || before.prefix === "S" || before.prefix === "O") return true;
  return before.type !== tag.type;
}
