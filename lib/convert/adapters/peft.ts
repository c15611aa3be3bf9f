import { checkpointError } from "../checkpoint/errors.js";
import { plainName, quoted } from "../checkpoint/names.js";
import { type Arithmetic, nativeArithmetic, readFloats } from "../weights/floats.js";
import { openWeights } from "../weights/open.js";
import { renamed } from "../weights/renamed.js";
import type { WeightSource } from "../weights/source.js";
import { type AdapterConfig, readAdapterConfig } from "./adapter-config.js";
import { matchPatterns } from "./patterns.js";
import { type Factors, sortTensors } from "./tensors.js";

/** `scale * b a`, to be added to a weight of shape [outputs, inputs]. */
export interface LowRankUpdate {
  readonly rank: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Finite in F32. */
  readonly scale: number;
  /** @returns [rank * inputs] all of a, finite */
  readA(): Promise<Float32Array>;
  /** @returns [count * rank] rows of b, finite */
  readB(first: number, count: number): Promise<Float32Array>;
}

/** A LoRA adapter as peft saves it. */
export interface Adapter {
  readonly folder: string;
  readonly config: AdapterConfig;
  /** By the plain name of their weight, `layers.0.self_attn.q_proj.weight`. */
  readonly updates: ReadonlyMap<string, LowRankUpdate>;
  /** Whole tensors that replace those of the base, by plain name, `classifier.weight`. Updates are added on top. */
  readonly replaced: WeightSource;
  /** Closes the files. Idempotent. */
  close(): Promise<void>;
}

/** peft's names of the files, without their extensions. */
const stem = { safetensors: "adapter_model", torch: "adapter_model" };

/**
 * Opens a LoRA adapter that peft saved. An update is `W + scale * B A`. The scale is alpha / r, or alpha / √r with
 * `use_rslora`; `rank_pattern` and `alpha_pattern` may give a module an r and alpha of its own. Source: peft's
 * `LoraLayer.update_layer` and `Linear.get_delta_weight`.
 * @param folder holds `adapter_config.json` and `adapter_model.safetensors` or `adapter_model.bin`
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for damaged files, and for adapters that are more than updates of linear
 *   layers and whole modules: DoRA, biases, embeddings of new tokens, and so on
 */
export async function openAdapter(folder: string, arithmetic = nativeArithmetic()): Promise<Adapter> {
  const config = await readAdapterConfig(folder);
  const source = await openWeights(folder, stem);
  try {
    const { factors, replaced } = sortTensors(source, config, folder);
    const updates = readUpdates(factors, config, source, arithmetic);
    return { folder, config, updates, replaced: renamed(source, replaced), close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function readUpdates(
  factors: ReadonlyMap<string, Factors>,
  config: AdapterConfig,
  source: WeightSource,
  arithmetic: Arithmetic,
): Map<string, LowRankUpdate> {
  const modules = [...factors.keys()];
  const ranks = matchPatterns(config.rankPattern, modules, config.file);
  const alphas = matchPatterns(config.alphaPattern, modules, config.file);
  const updates = new Map<string, LowRankUpdate>();
  for (const [module, { a, b }] of factors) {
    const rank = ranks.get(module) ?? config.rank;
    const [outputs = 0] = b.shape;
    const [, inputs = 0] = a.shape;
    if (!isMatrix(a.shape, rank, inputs) || !isMatrix(b.shape, outputs, rank) || inputs * outputs === 0) {
      throw checkpointError(
        `${config.file}: the rank of ${quoted(module)} is ${rank}, which lora_A of shape [${a.shape.join(", ")}] and lora_B of shape ` +
          `[${b.shape.join(", ")}] do not fit: they must be [rank, inputs] and [outputs, rank].`,
      );
    }
    const scale = (alphas.get(module) ?? config.alpha) / (config.rankStabilized ? Math.sqrt(rank) : rank);
    if (!Number.isFinite(Math.fround(scale))) {
      throw checkpointError(
        `${config.file}: the update of ${quoted(module)} has the scale ${scale}, which is too large.`,
      );
    }
    const read = (name: string, first: number, count: number) =>
      readFinite(source, name, first, count, arithmetic);
    const name = plainName(`${module}.weight`);
    if (updates.has(name)) {
      throw checkpointError(
        `${config.file}: the adapter has two updates of ${quoted(name)}; it is unclear which of them counts.`,
      );
    }
    updates.set(name, {
      rank,
      inputs,
      outputs,
      scale,
      readA: () => read(a.name, 0, rank),
      readB: (first, count) => read(b.name, first, count),
    });
  }
  return updates;
}

function isMatrix(shape: readonly number[], rows: number, columns: number): boolean {
  return shape.length === 2 && shape[0] === rows && shape[1] === columns;
}

async function readFinite(...[source, name, ...rows]: Parameters<typeof readFloats>): Promise<Float32Array> {
  const floats = await readFloats(source, name, ...rows);
  if (floats.every(Number.isFinite)) return floats;
  throw checkpointError(
    `The adapter's tensor ${quoted(name)} holds NaN or infinity: its training failed, or the file is damaged.`,
  );
}
