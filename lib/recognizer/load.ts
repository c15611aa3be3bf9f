import { checkChoice, checkFunction, checkNames, type OptionNames } from "../arguments.js";
import { checkSignal, LinkedStop } from "../async/signals.js";
import { availableThreads } from "../available-threads.js";
import { runJob } from "../binding/jobs.js";
import { loadAddon } from "../binding/loader.js";
import type { NativeLogLevel as LogLevel, NativeAddon, NativeModel } from "../binding/native-addon.js";
import { describe, invalidArgument } from "../errors.js";
import { defaultModelPath, type ModelPath, resolveModelPath } from "../model-path.js";
import { LoadedModel } from "./loaded-model.js";

/** Options of {@link Recognizer.load}. */
export interface LoadOptions {
  /** The model: a GGUF file of format 1 to 5, as a path or `file:` URL. Default: the model of this package. */
  readonly model?: ModelPath | undefined;
  /**
   * A LoRA adapter for this model: a GGUF file, as a path or `file:` URL. It is not merged into the model:
   * recognizers with different adapters share one copy of the model's weights. Heads and instructions of the
   * adapter replace those of the model.
   */
  readonly adapter?: ModelPath | undefined;
  /**
   * Where to compute. `"auto"`: the best GPU that has a backend, else the CPU, also if the GPU fails to load the
   * model; `logger` gets the reason. `false`, `"off"` or `"cpu"`: the CPU. Any other string: the device of that
   * name in `devices()`, for example `"CUDA0"`, or the first of a backend, such as `"cuda"`. Default: `"auto"`.
   */
  readonly gpu?: "auto" | "off" | false | (string & {}) | undefined;
  /**
   * Most CPU threads that work for this model at a time, 1 to 1,024. Default: one for each CPU that this process
   * may use, after its CPU affinity and the CPU quota of its container.
   * The threads belong to the process: recognizers take turns on them. Recognizers that load the same model
   * with the same options share batches, even across worker threads.
   */
  readonly threads?: number | undefined;
  /**
   * Use 8-bit integer matrix products on CPUs that have instructions for them. `true`: for all matrices;
   * types other than Q8_0, Q5_0 and Q4_0 are quantized to Q8_0 at loading. `false`: for none. Default: for
   * matrices of these three types, whose weights are exact in 8 bits, in models below a billion parameters.
   * Larger models would need a second copy of their weights in memory.
   */
  readonly int8?: boolean | undefined;
  /**
   * How many values share a scale in 8-bit products. `"blocks"`: 32 weights or activations; CPUs with AMX then
   * multiply in BF16, which is more accurate. `"rows"`: a whole row of weights, and all activations of a token,
   * after a rotation (QuaRot, arXiv 2404.00456); 1.2 to 2 times as fast on CPUs with AVX-VNNI, AVX-512 VNNI or
   * AMX, slightly less accurate; other CPUs use blocks. Default: what the model file says (`vaner.int8_scales`;
   * the model of this package: rows), else `"blocks"`.
   */
  readonly int8Scales?: "blocks" | "rows" | undefined;
  /**
   * Map the model file into memory, instead of reading it. A mapped file is shared by processes and needs no memory
   * of its own, but if it is cut short or written to in place while it is in use, the operating system ends the
   * process (SIGBUS), which no library can catch. `false`: read it; later changes of the file then have no effect.
   * Default: `true`.
   */
  readonly mmap?: boolean | undefined;
  /** Called with the loaded fraction, from 0 to 1. An exception from it stops the loading. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Stops the loading. The promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gets the log lines of llama.cpp and ggml. Each JavaScript environment has one logger, for all its models;
   * a later one replaces it. Default: the logger stays as it is, at first none.
   */
  readonly logger?: ((level: LogLevel, message: string) => void) | undefined;
}

const loadOptionNames: OptionNames<LoadOptions> = {
  model: true,
  adapter: true,
  gpu: true,
  threads: true,
  int8: true,
  int8Scales: true,
  mmap: true,
  onProgress: true,
  signal: true,
  logger: true,
};

/**
 * Batch size, in tokens. A new call waits for one running batch, so this sets the latency of a short text beside
 * long ones. The activations of so many tokens stay in a core's cache; larger batches are slower.
 */
const batchTokens = 256;

const mostThreads = 1024;

/** Loads and checks a model. @throws as `Recognizer.load` */
export async function loadModel(options: LoadOptions): Promise<LoadedModel> {
  checkLoadOptions(options);
  const { gpu = "auto", threads = availableThreads(), int8 = null, int8Scales = null } = options;
  const { mmap = true, onProgress, signal, logger } = options;
  const device = deviceOf(gpu);
  signal?.throwIfAborted();
  const path = options.model === undefined ? defaultModelPath() : resolveModelPath(options.model);
  const adapter = options.adapter === undefined ? null : resolveModelPath(options.adapter, "adapter");
  const addon = loadAddon();
  if (logger) addon.setLogger(logger);
  const native = await loadNative(
    addon,
    path,
    {
      adapter,
      threads,
      device,
      gpuLayers: device === "cpu" ? 0 : -1,
      mmap,
      int8,
      int8Scales,
      batchTokens,
    },
    onProgress,
    signal,
  );
  try {
    return new LoadedModel(native, threads);
  } catch (error) {
    await native.dispose();
    throw error;
  }
}

async function loadNative(
  addon: NativeAddon,
  path: string,
  options: Parameters<NativeAddon["load"]>[1],
  onProgress: LoadOptions["onProgress"],
  signal: AbortSignal | undefined,
): Promise<NativeModel> {
  const stop = new LinkedStop(signal);
  // Nobody could catch an exception that passes through the addon.
  const report = (share: number) => {
    try {
      if (!stop.aborted) onProgress?.(share);
    } catch (error) {
      stop.abort(error);
    }
  };
  let loaded: NativeModel | undefined;
  const start = () => {
    const job = addon.load(path, options, onProgress ? report : null);
    return { promise: job.promise.then((model) => (loaded = model)), cancel: () => job.cancel() };
  };
  try {
    return await runJob(start, stop);
  } catch (error) {
    // Aborted just after it was loaded: the caller never gets the model and cannot free it.
    await loaded?.dispose();
    throw error;
  } finally {
    stop.unlink();
  }
}

/** The native name of the device: `cpu`, `auto`, or as the caller spells it. */
function deviceOf(gpu: string | false): string {
  if (gpu === false) return "cpu";
  const name = gpu.toLowerCase();
  if (name === "off" || name === "cpu") return "cpu";
  return name === "auto" ? name : gpu;
}

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` */
export function checkLoadOptions(options: LoadOptions): void {
  checkNames("Recognizer.load", options, loadOptionNames);
  const { gpu, threads, int8, int8Scales, mmap, onProgress, signal, logger } = options;
  if (gpu !== undefined && gpu !== false && (typeof gpu !== "string" || gpu === "")) {
    throw invalidArgument(
      `\`gpu\` must be "auto", "off" (or false) or the name of a device, not ${describe(gpu)}.`,
    );
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)) {
    throw invalidArgument(
      `\`threads\` must be a whole number from 1 to ${mostThreads}, not ${describe(threads)}.`,
    );
  }
  if (int8 !== undefined && typeof int8 !== "boolean") {
    throw invalidArgument(`\`int8\` must be true or false, not ${describe(int8)}.`);
  }
  checkChoice("int8Scales", int8Scales, ["blocks", "rows"]);
  if (mmap !== undefined && typeof mmap !== "boolean") {
    throw invalidArgument(`\`mmap\` must be true or false, not ${describe(mmap)}.`);
  }
  checkFunction("onProgress", onProgress);
  checkFunction("logger", logger);
  checkSignal(signal);
}
