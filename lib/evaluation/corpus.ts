import { stat } from "node:fs/promises";
import type { DocumentFormat, FieldNames } from "../documents/format.js";
import { conll } from "../documents/formats/conll/conll.js";
import { text as plainText } from "../documents/formats/plain.js";
import { tsv } from "../documents/formats/table/table.js";
import { stemOf } from "../documents/input/open.js";
import { peek } from "../documents/input/peek.js";
import { expandInputs } from "../documents/job/plan.js";
import { type OpenedDocuments, openDocuments } from "../documents/open.js";
import { startLength } from "../documents/registry.js";
import { invalidArgument, listed, VanerError } from "../errors.js";
import { type GoldText, goldTextsOf } from "./gold.js";
import { typeNamer } from "./type-names.js";

/** Options of {@link readCorpus}. */
export interface CorpusOptions {
  /** Entity types to measure; others in the corpus are ignored. */
  readonly types: readonly string[];
  /** Types of the corpus, and which of `types` they count as. */
  readonly map?: ReadonlyMap<string, string> | undefined;
  /** Name of a format of documents. Default: what the file looks like. */
  readonly format?: string | undefined;
  /** A label of the Encoding Standard. Default: UTF-8, or UTF-16 with a byte order mark. */
  readonly encoding?: string | undefined;
  readonly fields?: FieldNames | undefined;
  /** What numbers stand for, in formats whose tags may be numbers. */
  readonly labels?: readonly string[] | undefined;
  /** Maximum number of texts to read: documents, or sentences of words. Default: all. */
  readonly limit?: number | undefined;
  /** Called with what is malformed and left out. Default: it is an error. */
  readonly onSkipped?: ((what: "document" | "annotation", reason: VanerError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a labelled corpus lazily.
 * @param path a file, or a folder of files, as brat has them
 * @throws {VanerError} `ERR_VANER_DOCUMENT` if a file cannot be read or is malformed
 */
export function readCorpus(path: string, options: CorpusOptions): AsyncGenerator<GoldText> {
  return readFiles(path, options);
}

/** @param onFile called with each file, before its texts */
async function* readFiles(
  path: string,
  options: CorpusOptions,
  onFile?: (opened: OpenedDocuments) => void,
): AsyncGenerator<GoldText> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  for (const file of isFolder ? await expandInputs([path]) : [path]) {
    if (left === 0) return;
    const opened = await openCorpus(file, options);
    onFile?.(opened);
    for await (const gold of readTexts(opened, { ...options, limit: left })) {
      yield gold;
      left--;
    }
  }
}

/** What is in a corpus. */
export interface CorpusSurvey {
  /** Of its files. */
  readonly formats: readonly DocumentFormat[];
  readonly texts: number;
  /** Annotations of each type to measure. */
  readonly support: ReadonlyMap<string, number>;
  /** Annotations of each type of the corpus, by its name there. */
  readonly annotated: ReadonlyMap<string, number>;
  /** Annotations of each type of the corpus that is not measured. */
  readonly ignored: ReadonlyMap<string, number>;
}

/**
 * Counts what a corpus has, before a model spends hours on it.
 * @throws as {@link readCorpus}
 */
export async function surveyCorpus(path: string, options: CorpusOptions): Promise<CorpusSurvey> {
  const typeOf = typeNamer(options.types, options.map);
  const support: Count = new Map();
  const annotated: Count = new Map();
  const ignored: Count = new Map();
  const formats = new Set<DocumentFormat>();
  let texts = 0;
  for await (const gold of readFiles(path, options, ({ format }) => formats.add(format))) {
    texts++;
    for (const type of gold.annotated ?? []) {
      increase(annotated, type);
      const measured = typeOf(type);
      if (measured === undefined) increase(ignored, type);
      else increase(support, measured);
    }
  }
  return { formats: [...formats], texts, support, annotated, ignored };
}

type Count = Map<string, number>;

const increase = (count: Count, type: string) => count.set(type, (count.get(type) ?? 0) + 1);

/**
 * @param known types of the model
 * @throws {VanerError} `ERR_VANER_CORPUS` if the corpus has no entity of a type: its scores would be 0
 */
export function checkSupport(
  path: string,
  { formats, support, annotated }: CorpusSurvey,
  types: readonly string[],
  known: readonly string[],
): void {
  const absent = types.filter((type) => !support.has(type));
  if (absent.length === 0) return;
  const found = [...annotated].map(([type, count]) => `${JSON.stringify(type)} (${count})`).join(", ");
  const problem =
    found === ""
      ? "has no annotations."
      : `has no entity of ${listed(absent)}. It has ${found}, and the model knows ${listed(known)}: leave out what the corpus lacks, or say with --map what its types count as.`;
  const titles = formats.map(({ title }) => title);
  throw new VanerError("ERR_VANER_CORPUS", `${path}, read as ${titles.join(" and ")}, ${problem}`);
}

async function openCorpus(path: string, { format, encoding }: CorpusOptions): Promise<OpenedDocuments> {
  const opened = await openDocuments(path, format, { encoding });
  if (format !== undefined || (opened.format !== plainText && opened.format !== tsv)) return opened;
  // CoNLL with a mistake in its first lines looks like plain text, in which a mistake has no line.
  const { start, all } = await peek(opened.input.text, startLength);
  const input = { ...opened.input, text: all };
  if (tsv.looksLike?.(start.join(""))) return { ...opened, input };
  const [first = ""] = start.join("").trimStart().split("\n", 1);
  const isConll = first === "" || first.includes("\t") || conll.looksLike?.(`${first}\n`) === true;
  return { ...opened, input, format: isConll ? conll : plainText };
}

async function* readTexts(
  { input, format }: OpenedDocuments,
  options: CorpusOptions,
): AsyncGenerator<GoldText> {
  const { types, map, fields, labels, limit = Number.POSITIVE_INFINITY, onSkipped, signal } = options;
  if (!format.read) throw invalidArgument(`${format.title} cannot be read.`);
  const documents = format.read(input, {
    reject: (error) => {
      if (!onSkipped) throw error;
      onSkipped("document", error);
    },
    rejectAnnotation: onSkipped && ((error) => onSkipped("annotation", error)),
    requireAnnotations: true,
    fields,
    labels,
  });
  const typeOf = typeNamer(types, map);
  const stem = stemOf(input.path);
  let read = 0;
  for await (const document of documents) {
    for (const gold of goldTextsOf(document, typeOf, stem)) {
      signal?.throwIfAborted();
      if (read >= limit) return;
      yield read === 0 && gold.continues ? { ...gold, continues: false } : gold;
      read++;
    }
  }
}
