import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { invalidArgument } from "../../errors.js";
import { packageVersion } from "../../package-root.js";
import type { DocumentFormat, FieldNames } from "../format.js";
import { jsonLines } from "../formats/jsonl.js";
import { standardInput } from "../input/open.js";
import { openDocuments } from "../open.js";
import { formatForOutput, formatNamed } from "../registry.js";
import { JobOutput, type RejectedDocument } from "./job-output.js";
import { planOutputs } from "./plan.js";
import { type FileCounts, runFile, type Transform } from "./run-file.js";
import { type Output, StreamOutput } from "./stream-output.js";

/** Options of {@link runFiles}. */
export interface RunFilesOptions {
  /** Name of the format of all inputs. Default: what each looks like. */
  readonly inputFormat?: string | undefined;
  /** Name of the format of all outputs. Default: by the ending of `output`, else that of the input, else `jsonl`. */
  readonly outputFormat?: string | undefined;
  /** Encoding of the inputs. Default: UTF-8, or UTF-16 with a byte order mark. */
  readonly encoding?: string | undefined;
  readonly fields?: FieldNames | undefined;
  /** As in {@link ReadOptions}. */
  readonly labels?: readonly string[] | undefined;
  /** What to do with a malformed document. Default: `fail`. */
  readonly onError?: "fail" | "skip" | undefined;
  /** Whether to go on with unfinished outputs and leave complete ones alone. Default: false. */
  readonly resume?: boolean | undefined;
  /** Whether the transform annotates: see {@link WriteOptions}. */
  readonly annotates: boolean;
  /** What the transform depends on: with other values an unfinished output cannot be resumed. */
  readonly settings?: unknown;
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Called with a malformed document whose output is a stream; that of a file goes to `<output>.rejected.jsonl`. */
  readonly onRejected?: ((rejected: RejectedDocument) => void) | undefined;
}

/** What became of a file. */
export interface FileResult extends FileCounts {
  readonly input: string;
  readonly output: string;
  /** Whether an earlier process had completed the output. */
  readonly skipped: boolean;
}

/**
 * Runs files one after the other: one keeps all threads busy.
 * @param inputs paths; `-` is standard input
 * @param output path of a file for one input, of a folder for several; `-` is standard output
 * @throws as {@link runFile}; `ERR_VANER_INVALID_ARGUMENT`
 */
export async function* runFiles(
  transform: Transform,
  inputs: readonly string[],
  output: string,
  options: RunFilesOptions,
): AsyncGenerator<FileResult, void, undefined> {
  const { encoding, onBytes, fields, labels, annotates, resume = false } = options;
  const streams = [...inputs, output].includes(standardInput);
  if (resume && streams) throw invalidArgument("Standard input and output cannot be resumed: name files.");
  const pathFor = await planOutputs(inputs, output);
  for (const path of inputs) {
    const { input, format } = await openDocuments(path, options.inputFormat, { encoding, onBytes });
    const outputFormat = outputFormatFor(format, output, options.outputFormat);
    if (resume) checkResumable(outputFormat);
    const written = pathFor(path, outputFormat);
    const job = await describeJob(path, format, outputFormat, options);
    const opened = await openOutput(written, job, options);
    const result = { input: path, output: written, skipped: opened === undefined };
    if (!opened) {
      yield { ...result, documents: 0, resumed: 0, rejected: 0 };
      continue;
    }
    try {
      const skipMalformed = options.onError === "skip";
      const done = await runFile(transform, {
        ...{ input, inputFormat: format, output: opened, outputFormat },
        ...{ skipMalformed, fields, labels, annotates },
      });
      yield { ...result, ...done };
    } finally {
      await opened.close();
    }
  }
}

function outputFormatFor(input: DocumentFormat, output: string, name: string | undefined): DocumentFormat {
  if (name !== undefined) return formatNamed(name);
  return formatForOutput(output) ?? (input.writer ? input : jsonLines);
}

function checkResumable({ title, resumable = true }: DocumentFormat): void {
  if (resumable) return;
  throw invalidArgument(
    `${title} cannot be resumed. Write JSON lines with --resume, and make ${title} of them with convert-corpus.`,
  );
}

/** @returns undefined if the output is complete */
async function openOutput(
  path: string,
  job: string,
  { resume = false, onRejected = () => {} }: RunFilesOptions,
): Promise<Output | undefined> {
  if (path === standardInput) return new StreamOutput(process.stdout, onRejected);
  await mkdir(dirname(path), { recursive: true });
  return JobOutput.open(path, job, resume);
}

/** What makes the bytes of an output, in a string. A changed input or option changes it. */
async function describeJob(
  path: string,
  inputFormat: DocumentFormat,
  outputFormat: DocumentFormat,
  { encoding, fields, labels, onError, settings }: RunFilesOptions,
): Promise<string> {
  const file = path === standardInput ? undefined : await stat(path);
  return JSON.stringify({
    version: packageVersion(),
    input: file && { path: resolve(path), size: file.size, modified: file.mtimeMs },
    formats: [inputFormat.name, outputFormat.name],
    ...{ encoding, fields, labels, onError, settings },
  });
}
