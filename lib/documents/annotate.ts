import type { Entity } from "../decoding/entities.js";
import type { RecognizeOptions } from "../recognizer/query.js";
import type { Recognizer } from "../recognizer/recognizer.js";
import type { TextInput } from "../text/input.js";
import type { Annotation, Document, Passage } from "./document.js";

/** Between passages: sentences end at blank lines. */
const blankLine = "\n\n";

/**
 * Adds the entities that a recognizer finds to documents, as they arrive and in their order. All passages of a document
 * are read together: an abbreviation that one defines is known in the others, but no entity crosses their ends.
 * @param documents read no faster than the result is consumed: memory is bounded as by `Recognizer.recognizeStream`
 * @throws as `Recognizer.recognizeStream`
 */
export async function* annotate(
  recognizer: Recognizer,
  documents: AsyncIterable<Document> | Iterable<Document>,
  options: RecognizeOptions = {},
): AsyncGenerator<Document, void, undefined> {
  const waiting: Document[] = []; // queue of the documents that are being recognized
  async function* texts(): AsyncGenerator<TextInput> {
    for await (const document of documents) {
      waiting.push(document);
      yield inputOf(document);
    }
  }
  for await (const { entities } of recognizer.recognizeStream(texts(), options)) {
    const document = waiting.shift() as Document;
    yield { ...document, passages: [...annotatePassages(document, entities)] };
  }
}

function inputOf({ passages }: Document): TextInput {
  if (hasWords(passages)) return { sentences: passages.flatMap(({ sentences = [] }) => sentences) };
  return passages.map(({ text }) => text).join(blankLine);
}

const hasWords = (passages: readonly Passage[]) => passages.some(({ sentences }) => sentences !== undefined);

/** The passages with their entities. @param entities of all passages, by start */
function* annotatePassages({ passages }: Document, entities: readonly Entity[]): Generator<Passage> {
  const words = hasWords(passages);
  let start = 0;
  let next = 0;
  for (const passage of passages) {
    const added: Annotation[] = [];
    const end = start + passage.text.length;
    for (let entity = entities[next]; entity && entity.start < end; entity = entities[++next]) {
      const { type, score } = entity;
      added.push({ type, ranges: [{ start: entity.start - start, end: entity.end - start }], score });
    }
    yield added.length > 0 ? { ...passage, annotations: [...passage.annotations, ...added] } : passage;
    // Words are joined by single spaces; a passage without words adds none.
    start = end + (words ? Math.min(passage.text.length, 1) : blankLine.length);
  }
}
