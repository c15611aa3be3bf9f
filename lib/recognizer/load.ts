import { availableParallelism } from "node:os";
import { runJob } from "../binding/jobs.js";
import { loadAddon } from "../binding/loader.js";
import type { NativeAddon, NativeLogLevel, NativeModel } from "../binding/native-addon.js";
import { describe, invalidArgument } from "../errors.js";
import { defaultModelPath, type ModelPath, resolveModelPath } from "../model-path.js";
import { checkSignal, LinkedStop } from "../signals.js";
import { Engine } from "./engine.js";

/** Options of {@link Recognizer.load}. */
export interface LoadOptions {
  /** A GGUF file of format 1 or 2, by path or `file:` URL. Default: the model that comes with this package. */
  readonly model?: ModelPath;
  /**
   * A LoRA for this model in a GGUF file, by path or `file:` URL. It is kept apart from the model, whose
   * weights are loaded once however many recognizers of this process use them, with whatever adapters.
   * An adapter may bring heads and instructions of its own, which then replace the model's.
   */
  readonly adapter?: ModelPath;
  /**
   * Where to compute: `"auto"` for the best GPU that there is a backend for, else the CPU; `false`
   * for the CPU; or a device by its name in `devices()`, for example `"CUDA0"`. Default: `"auto"`.
   */
  readonly gpu?: "auto" | false | (string & {});
  /**
   * Most CPU threads that work for this model at a time, 1 to 1,024. Default: `os.availableParallelism()`.
   * The threads belong to the process: recognizers take turns on them, and those that load the same model
   * with the same options, in worker threads too, share batches.
   */
  readonly threads?: number;
  /**
   * Whether the matrices of the layers are multiplied in 8-bit integers (or in BF16, see `int8Scales`) on a
   * CPU that has instructions for it.
   * `true`: all of them; those of types other than Q8_0, Q5_0 and Q4_0 are quantized to Q8_0 when they are
   * loaded. `false`: none. Default: those of these three types, which lose nothing by it, in models below a
   * billion parameters; larger ones would take a copy of their weights in memory.
   */
  readonly int8?: boolean;
  /**
   * What shares a scale in these products. `"blocks"`: 32 values, on both sides; CPUs with AMX multiply BF16
   * instead, which is more exact. `"rows"`: all inputs of an output, all values of a token, rotated first (QuaRot,
   * arXiv 2404.00456), which is 1.2 to 2 times as fast on CPUs with AVX-VNNI, AVX-512 VNNI or AMX (others keep
   * to blocks), and a little less exact. Default: what the model file says (`vaner.int8_scales`; the default
   * model: rows), else `"blocks"`.
   */
  readonly int8Scales?: "blocks" | "rows";
  /** Called on the way with the share that is loaded, from 0 to 1. What it throws stops the loading. */
  readonly onProgress?: (share: number) => void;
  /** Stops the loading; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Where the log lines of llama.cpp and ggml go. One for each JavaScript environment: from now on
   * it gets the lines of every model in it, and a later one replaces it. Default: as it was, at
   * first nowhere.
   */
  readonly logger?: (level: LogLevel, message: string) => void;
}

/** How much a log line matters. */
export type LogLevel = NativeLogLevel;

/**
 * Tokens that are encoded together. A call that comes while others are under way waits for one batch
 * to end, so this sets the latency of short texts beside long ones. On a CPU the activations of so many
 * stay in the cache of a core; larger batches are slower.
 */
const batchTokens = 256;

const mostThreads = 1024;

/** Loads and checks a model. @throws as `Recognizer.load` says */
export async function loadEngine(options: LoadOptions): Promise<Engine> {
  checkLoadOptions(options);
  const { gpu = "auto", threads = availableParallelism(), int8 = null, int8Scales = null } = options;
  const { onProgress, signal, logger } = options;
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
      device: gpu === false ? "cpu" : gpu,
      gpuLayers: gpu === false ? 0 : -1,
      mmap: true,
      int8,
      int8Scales,
      batchTokens,
    },
    onProgress,
    signal,
  );
  try {
    return new Engine(native, threads);
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
  // A callback that throws must not surface inside the addon, where nobody could catch it.
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
    // It was stopped too late to stop: nobody gets the model, so nobody else would free it.
    await loaded?.dispose();
    throw error;
  } finally {
    stop.unlink();
  }
}

function checkLoadOptions(options: LoadOptions): void {
  const { gpu, threads, int8, int8Scales, onProgress, signal, logger } = options;
  if (gpu !== undefined && gpu !== false && (typeof gpu !== "string" || gpu === "")) {
    throw invalidArgument(`\`gpu\` must be "auto", false or the name of a device, not ${describe(gpu)}.`);
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)) {
    throw invalidArgument(
      `\`threads\` must be a whole number from 1 to ${mostThreads}, not ${describe(threads)}.`,
    );
  }
  if (int8 !== undefined && typeof int8 !== "boolean") {
    throw invalidArgument(`\`int8\` must be true or false, not ${describe(int8)}.`);
  }
  if (int8Scales !== undefined && int8Scales !== "blocks" && int8Scales !== "rows") {
    throw invalidArgument(`\`int8Scales\` must be "blocks" or "rows", not ${describe(int8Scales)}.`);
  }
  for (const [name, value] of Object.entries({ onProgress, logger })) {
    if (value !== undefined && typeof value !== "function") {
      throw invalidArgument(`\`${name}\` must be a function, not ${describe(value)}.`);
    }
  }
  checkSignal(signal);
}
