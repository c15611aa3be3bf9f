import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { invalidArgument } from "../../errors.js";
import { outputError, refuseDevice } from "../../output-file.js";
import { packageVersion } from "../../package-root.js";
import type { DocumentFormat } from "../format.js";
import { jsonLines } from "../formats/jsonl.js";
import { text } from "../formats/plain.js";
import { standardInput, stemOf } from "../input/open.js";
import { openDocuments } from "../open.js";
import { formatForOutput, formatNamed, hasEnding } from "../registry.js";
import { FileJob } from "./file-job.js";
import { FileSink } from "./file-sink.js";
import { FolderSink } from "./folder-sink.js";
import { JobOutput } from "./job-output.js";
import { type PathFor, shardPath } from "./plan.js";
import type { RunFilesOptions } from "./run-options.js";
import type { DocumentSink, FileResult } from "./sink.js";
import { StreamOutput } from "./stream-output.js";

/** A file that was opened. */
export interface OpenedFile {
  /** Undefined if its output is complete. */
  readonly job: FileJob | undefined;
  readonly result: FileResult;
}

/**
 * Opens an input and its output. Nothing is read yet but the start.
 * @throws as `runFiles`
 */
export async function openFile(
  path: string,
  output: string,
  pathFor: PathFor,
  options: RunFilesOptions,
): Promise<OpenedFile> {
  const { encoding, onBytes, fields, labels, resume } = options;
  const { input, format, close } = await openDocuments(path, options.inputFormat, { encoding, onBytes });
  try {
    if (!format.read) throw invalidArgument(`${format.title} cannot be read.`);
    if (fields?.text !== undefined && format === text && options.inputFormat === undefined) {
      throw invalidArgument(
        `${path} looks like plain text, without a field ${fields.text}: name its format.`,
      );
    }
    const outputFormat = outputFormatFor(format, output, options.outputFormat);
    if (resume) checkResumable(outputFormat);
    const written = pathFor(path, outputFormat);
    const job = await describeJob(path, format, outputFormat, options);
    const sink = await openSink(outputFormat, written, stemOf(input.path), job, options);
    const result = { input: path, output: written, documents: 0, resumed: 0, rejected: 0, skipped: !sink };
    if (!sink) {
      await close();
      return { job: undefined, result };
    }
    const skipMalformed = options.onError === "skip";
    return { job: new FileJob({ input, format, sink, skipMalformed, fields, labels }), result };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @returns undefined if the output is complete */
async function openSink(
  format: DocumentFormat,
  path: string,
  name: string,
  job: string,
  { fields, annotates: annotated, shard, resume = false, onRejected = () => {} }: RunFilesOptions,
): Promise<DocumentSink | undefined> {
  await format.prepare?.();
  const { parts, writer } = format;
  if (parts) {
    if (shard !== undefined)
      throw invalidArgument(`${format.title} has one document a file: leave out \`shard\`.`);
    await makeFolder(path);
    return FolderSink.open({ folder: path, name, parts, job, resume });
  }
  if (!writer) throw invalidArgument(`${format.title} cannot be written.`);
  const newWriter = () => writer({ fields, annotated });
  if (path === standardInput) return new FileSink(new StreamOutput(process.stdout, onRejected), newWriter);
  await refuseDevice(path);
  await makeFolder(dirname(path));
  const names = shard === undefined ? {} : { shardPath: shardPath(path, format) };
  const output = await JobOutput.open({ path, ...names, job, resume });
  if (!output) return undefined;
  const shards =
    shard === undefined
      ? undefined
      : { length: shard, end: (end: string | Uint8Array) => output.endShard(end) };
  return new FileSink(output, newWriter, shards);
}

function outputFormatFor(input: DocumentFormat, output: string, name: string | undefined): DocumentFormat {
  if (name !== undefined) return formatNamed(name);
  const isWritten = input.writer !== undefined || (input.parts !== undefined && output !== standardInput);
  // An ending of several formats, as `.tsv` is of tables and CoNLL, is that of the input's.
  if (input.writer && hasEnding(input, output)) return input;
  return formatForOutput(output) ?? (isWritten ? input : jsonLines);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw outputError(path, error);
  }
}

function checkResumable({ title, resumable = true }: DocumentFormat): void {
  if (resumable) return;
  throw invalidArgument(
    `${title} cannot be resumed. Write JSON lines with --resume, and make ${title} of them with convert-corpus.`,
  );
}

/** What makes the bytes of an output, in a string. A changed input or option changes it. */
async function describeJob(
  path: string,
  inputFormat: DocumentFormat,
  outputFormat: DocumentFormat,
  { encoding, fields, labels, onError, shard, settings }: RunFilesOptions,
): Promise<string> {
  const file = path === standardInput ? undefined : await stat(path);
  return JSON.stringify({
    version: packageVersion(),
    input: file && { path: resolve(path), size: file.size, modified: file.mtimeMs },
    formats: [inputFormat.name, outputFormat.name],
    ...{ encoding, fields, labels, onError, shard, settings },
  });
}
