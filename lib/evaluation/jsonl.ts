import { type CorpusTypes, corpusError, type GoldText, type Line } from "./corpus.js";
import type { Span } from "./scores.js";

/**
 * Reads JSON lines: a text on each line, as `vaner recognize --json` prints one, with `text` and `entities` (`type`,
 * `start`, `end` in UTF-16 code units). An `id` names the text; other keys are ignored. An entity's own `text`, if there
 * is one, must be that at its offsets.
 * @param types `typeOf` gives the entity type of an annotation's type, or undefined to ignore the annotation
 * @throws {VanerError} `ERR_VANER_CORPUS`, with the line number, for a malformed line
 */
export async function* readJsonLines(
  lines: AsyncIterable<Line>,
  { typeOf }: Pick<CorpusTypes, "typeOf">,
): AsyncGenerator<GoldText> {
  for await (const { number, content } of lines) {
    if (content.trim() === "") continue;
    const { id, text, entities } = readObject(content, number);
    if (typeof text !== "string" || !Array.isArray(entities)) {
      throw corpusError(number, 'it is an object with "text", a string, and "entities", an array.');
    }
    const spans = entities.flatMap((entity: unknown) => {
      const { type, start, end } = readSpan(entity, text, number);
      const named = typeOf(type);
      return named === undefined ? [] : [{ type: named, start, end }];
    });
    yield { name: typeof id === "string" ? id : `line ${number}`, text, entities: spans };
  }
}

function readObject(content: string, line: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {}
  throw corpusError(line, "it is not a JSON object.");
}

function readSpan(entity: unknown, text: string, line: number): Span {
  const { type, start, end, text: mention } = Object(entity) as Record<string, unknown>;
  if (typeof type !== "string" || !isOffset(start) || !isOffset(end)) {
    throw corpusError(line, 'an entity has "type", a string, and "start" and "end", offsets in "text".');
  }
  const found = text.slice(start, end);
  if (found.length !== end - start || start === end) {
    throw corpusError(
      line,
      `an entity from ${start} to ${end} is not in the text, which ends at ${text.length}.`,
    );
  }
  if (mention !== undefined && mention !== found) {
    throw corpusError(
      line,
      `${JSON.stringify(mention)} is not the text from ${start} to ${end}, which is ${JSON.stringify(found)}.`,
    );
  }
  return { type, start, end };
}

const isOffset = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
