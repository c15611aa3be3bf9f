import { checkFunction, checkNames, checkPath, type OptionNames } from "../arguments.js";
import { checkSignal } from "../async/signals.js";
import { availableThreads } from "../available-threads.js";
import { runJob } from "../binding/jobs.js";
import { loadAddon } from "../binding/loader.js";
import { codeOf, describe, invalidArgument, listed, VanerError } from "../errors.js";
import { inspectModel, type ModelFile, type TensorTypeCount } from "../gguf/inspect.js";
import { replaceHashes } from "../gguf/tensor-hashes.js";
import { type ModelPath, resolveModelPath } from "../model-path.js";
import { OutputFile, outputError, refuseInput } from "../output-file.js";
import { measureLoss, type WeightLoss } from "./weight-loss.js";

/** Options of {@link quantizeModel}. */
export interface QuantizeOptions {
  /** A GGUF file of format 1 to 5. */
  readonly input: ModelPath;
  /** The GGUF file to write. It replaces an existing file once it is complete. */
  readonly output: string;
  /** The new type, by llama.cpp's name in upper or lower case: `"Q8_0"`, `"Q4_K_M"`, `"F16"` and so on. */
  readonly type: string;
  /** An importance matrix, made by llama.cpp's imatrix tool. The smallest types need one. */
  readonly importance?: string | undefined;
  /** Number of CPU threads, at least 1. Default: all. */
  readonly threads?: number | undefined;
  /** Called with the fraction of the work that is done, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Stops the work. The promise then rejects with the signal's reason, and no file is left behind. */
  readonly signal?: AbortSignal | undefined;
}

const quantizeOptionNames: OptionNames<QuantizeOptions> = {
  input: true,
  output: true,
  type: true,
  importance: true,
  threads: true,
  onProgress: true,
  signal: true,
};

/** The result of {@link quantizeModel}. */
export interface QuantizeResult {
  readonly path: string;
  /** llama.cpp's name of the new type. */
  readonly type: string;
  /** Bytes of the input. */
  readonly sizeBefore: number;
  /** Bytes of the output. */
  readonly sizeAfter: number;
  /** By type of tensor, the largest part of the file first. */
  readonly quantization: readonly TensorTypeCount[];
  /** Difference from the input's weights. To see the effect on F1, run `vaner eval`. */
  readonly loss: WeightLoss;
  /** Sentences about results that may surprise. */
  readonly warnings: readonly string[];
}

/** Share of the quantizing in the whole work, measured on models of 100 million parameters. */
const shareOfQuantizing = 0.9;

/**
 * Writes a quantized copy of a model, and measures how much its weights differ. Heads, norms and biases stay F32. Some
 * tensors get a larger type than asked for: those that llama.cpp considers important, and those with rows that do not
 * fit the type.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`, `ERR_VANER_MODEL_…` for the input,
 *   `ERR_VANER_OUTPUT` if the file cannot be written, `ERR_VANER_OUT_OF_MEMORY`,
 *   `ERR_VANER_NATIVE_LOAD`; the signal's reason
 */
export async function quantizeModel(options: QuantizeOptions): Promise<QuantizeResult> {
  checkOptions(options);
  const { importance = null, threads = availableThreads(), onProgress = () => {}, signal } = options;
  const type = readFileType(options.type);
  const input = resolveModelPath(options.input);
  await refuseInput(options.output, importance === null ? [input] : [input, importance]);
  const before = await inspectModel(input, { signal });
  if (before.problem) throw new VanerError(before.problem.code, before.problem.message);
  const file = await OutputFile.prepare(options.output);
  try {
    const native = { type, threads, importance };
    const report = (share: number) => onProgress(shareOfQuantizing * share);
    await runJob(() => loadAddon().quantize(input, file.partial, native, report), signal);
    const after = await inspectModel(file.partial, { signal }).catch((error) => {
      if (codeOf(error) !== "ERR_VANER_MODEL_NOT_FOUND") throw error;
      throw outputError(file.path, new Error("its folder has been removed", { cause: error }));
    });
    await replaceHashes(file.partial, after.tensors, signal);
    const rest = (share: number) => onProgress(shareOfQuantizing + (1 - shareOfQuantizing) * share);
    const loss = await measureLoss(input, file.partial, rest, signal);
    await file.commit();
    return {
      path: file.path,
      type,
      sizeBefore: before.size,
      sizeAfter: after.size,
      quantization: after.quantization,
      loss,
      warnings: warningsOf(type, before),
    };
  } finally {
    await file.discard();
  }
}

function checkOptions(options: QuantizeOptions): void {
  checkNames("quantizeModel", options, quantizeOptionNames);
  const { output, importance, threads, onProgress, signal } = options;
  checkPath("output", output);
  if (importance !== undefined) checkPath("importance", importance);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads < 2 ** 31)) {
    throw invalidArgument(`\`threads\` must be a whole number from 1, not ${describe(threads)}.`);
  }
  checkFunction("onProgress", onProgress);
  checkSignal(signal);
}

function readFileType(type: unknown): string {
  const { files } = loadAddon().quantizeTypes();
  const name = typeof type === "string" ? type.toUpperCase() : "";
  if (files.includes(name)) return name;
  throw invalidArgument(`\`type\` must be one of ${listed(files)}, not ${describe(type)}.`);
}

function warningsOf(type: string, before: ModelFile): string[] {
  const warnings: string[] = [];
  const lossy = before.quantization.map((count) => count.type).filter((name) => !/^B?F\d+$/.test(name));
  if (lossy.length > 0) {
    warnings.push(
      `The input is already quantized (${lossy.join(", ")}), and its error adds to the new one: ` +
        "start from a file in F32, F16 or BF16 if you can.",
    );
  }
  const unfit = before.tensors.filter(({ shape }) => shape.length > 1 && (shape[0] ?? 0) % 256 !== 0);
  const matrices = unfit.filter(({ name }) => !name.startsWith("cls."));
  if (/^(Q\d_K|TQ|IQ(?!4_NL))/.test(type) && matrices.length > 0) {
    warnings.push(
      `The rows of ${matrices.length} tensors are not a multiple of 256 weights, which ${type} needs: ` +
        "these tensors have larger types.",
    );
  }
  return warnings;
}
