import { invalidArgument } from "../../errors.js";
import type { Document } from "../document.js";
import { standardInput } from "../input/open.js";
import type { FailedDocument } from "./file-job.js";
import { type OpenedFile, openFile } from "./open-file.js";
import { planOutputs } from "./plan.js";
import type { RunFilesOptions } from "./run-options.js";
import type { FileResult } from "./sink.js";

/**
 * Makes of each document the one to write, or says why it cannot, in their order. It reads no faster than its result is
 * consumed.
 */
export type Transform = (documents: AsyncIterable<Document>) => AsyncIterable<Document | FailedDocument>;

/**
 * Runs files in their order, as one sequence of documents: small files keep all threads as busy as large ones. Memory is
 * bounded. An output that has documents already gets those that are left: the same bytes as if it had not been
 * interrupted.
 * @param inputs paths; `-` is standard input
 * @param output path of a file for one input, of a folder for several; `-` is standard output
 * @throws {VanerError} `ERR_VANER_DOCUMENT`, `ERR_VANER_OUTPUT`, `ERR_VANER_INVALID_ARGUMENT`; whatever the transform
 *   throws
 */
export async function* runFiles(
  transform: Transform,
  inputs: readonly string[],
  output: string,
  options: RunFilesOptions,
): AsyncGenerator<FileResult, void, undefined> {
  checkStreams(inputs, output, options);
  const pathFor = await planOutputs(inputs, output, options.compress);
  const running: OpenedFile[] = []; // files that were opened and are not complete, in their order
  async function* documents() {
    for (const input of inputs) {
      const file = await openFile(input, output, pathFor, options);
      running.push(file);
      if (file.job) yield* file.job.documents();
    }
  }
  const ending: Promise<FileResult>[] = []; // files that are being completed, in their order
  async function* complete(most: number) {
    for (let [file] = running; file && file.job?.isWritten !== false; [file] = running) {
      running.shift();
      const result = finish(file);
      result.catch(() => {}); // is met when its turn comes
      ending.push(result);
    }
    while (ending.length > most) yield await (ending.shift() as Promise<FileResult>);
  }
  try {
    for await (const result of transform(documents())) {
      yield* complete(filesAtOnce);
      await running[0]?.job?.write(result);
      yield* complete(filesAtOnce);
    }
    yield* complete(0);
  } catch (error) {
    yield* complete(0); // what came before the failure
    throw error;
  } finally {
    await Promise.allSettled(ending);
    for (const { job } of running) await job?.close();
  }
}

/** Files that are completed at a time: each waits for the disk. */
const filesAtOnce = 16;

async function finish({ result, job }: OpenedFile): Promise<FileResult> {
  return { ...result, ...(await job?.finish()) };
}

function checkStreams(
  inputs: readonly string[],
  output: string,
  { resume, shard, compress }: RunFilesOptions,
): void {
  if (resume && [...inputs, output].includes(standardInput)) {
    throw invalidArgument("Standard input and output cannot be resumed: name files.");
  }
  if (compress && output === standardInput) {
    throw invalidArgument("Standard output is not compressed: pipe it through gzip or zstd.");
  }
  if (shard !== undefined && output === standardInput) {
    throw invalidArgument("Standard output is not cut into files: name a file or folder.");
  }
}
