import { readConll } from "./conll.js";
import { type CorpusTypes, type GoldText, type Line, linesOf } from "./corpus.js";
import { readJsonLines } from "./jsonl.js";
import { readPubtator } from "./pubtator.js";

/** A format of labelled corpora. */
export interface CorpusFormat {
  /** As `--format` has it. */
  readonly name: string;
  /** As its users write it. */
  readonly title: string;
  /** What the reader gives one by one. */
  readonly unit: string;
  /** Whether a file is of this format whose first line with content is this. */
  looksLike(line: string): boolean;
  read(lines: AsyncIterable<Line>, types: CorpusTypes): AsyncIterable<GoldText>;
}

const conll: CorpusFormat = {
  name: "conll",
  title: "CoNLL",
  unit: "sentences",
  looksLike: () => true,
  read: readConll,
};
const pubtator: CorpusFormat = {
  name: "pubtator",
  title: "PubTator",
  unit: "documents",
  looksLike: (line) => /^[^|\t]+\|t\|/.test(line),
  read: readPubtator,
};

const jsonl: CorpusFormat = {
  name: "jsonl",
  title: "JSON lines",
  unit: "texts",
  looksLike: (line) => line.startsWith("{"),
  read: readJsonLines,
};

/** The formats, in the order in which a file is compared with them. */
export const corpusFormats: readonly CorpusFormat[] = [pubtator, jsonl, conll];

/** Annotation types of published corpora, with the model's entity type. Source: the NCBI disease corpus. */
const knownTypes: ReadonlyMap<string, string> = new Map([
  ["SpecificDisease", "Disease"],
  ["DiseaseClass", "Disease"],
  ["Modifier", "Disease"],
  ["CompositeMention", "Disease"],
]);

/** Options of {@link openCorpus}. */
export interface CorpusOptions {
  /** Entity types to measure; others in the corpus are ignored. */
  readonly types: readonly string[];
  /** Name of one of {@link corpusFormats}. Default: recognized by the first line. */
  readonly format?: string | undefined;
  /** Maximum number of the format's units to read. Default: all. */
  readonly limit?: number | undefined;
  /** Called with the approximate number of bytes that are read. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * Reads a labelled corpus lazily.
 * @throws {VanerError} `ERR_VANER_CORPUS` if the file cannot be read or is malformed
 */
export async function* openCorpus(path: string, options: CorpusOptions): AsyncGenerator<GoldText> {
  const { types, limit = Number.POSITIVE_INFINITY, onProgress } = options;
  const lines = counted(linesOf(path), onProgress);
  const first = await firstWithContent(lines);
  const all = startingWith(first, lines);
  const format =
    corpusFormats.find(({ name }) => name === options.format) ??
    corpusFormats.find((known) => known.looksLike(first?.content ?? "")) ??
    conll;
  const typeOf = (annotated: string) => {
    const type = types.includes(annotated) ? annotated : (knownTypes.get(annotated) ?? annotated);
    return types.includes(type) ? type : undefined;
  };

  let read = 0;
  try {
    for await (const gold of format.read(all, { untyped: types[0] ?? "", typeOf })) {
      if (read++ >= limit) return;
      yield { ...gold, entities: gold.entities.filter(({ type }) => types.includes(type)) };
    }
  } finally {
    await lines.return(undefined);
  }
}

async function* counted(
  lines: AsyncIterable<Line>,
  onProgress: CorpusOptions["onProgress"],
): AsyncGenerator<Line> {
  let bytes = 0;
  for await (const line of lines) {
    bytes += Buffer.byteLength(line.content) + 1;
    onProgress?.(bytes);
    yield line;
  }
}

async function firstWithContent(lines: AsyncGenerator<Line>): Promise<Line | undefined> {
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    if (next.value.content.trim() !== "") return next.value;
  }
  return undefined;
}

async function* startingWith(first: Line | undefined, lines: AsyncIterable<Line>): AsyncGenerator<Line> {
  if (first) yield first;
  yield* lines;
}
