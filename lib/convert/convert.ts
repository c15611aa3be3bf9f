import { basename, join, resolve } from "node:path";
import { inspectModel, type ModelFile } from "../gguf/inspect.js";
import type { TensorType } from "../gguf/tensor-types.js";
import { openGgufWriter } from "../gguf/writer.js";
import { type Adapter, openAdapter } from "./adapters/peft.js";
import { openClassifier } from "./classifier.js";
import { readJsonObject } from "./json.js";
import { refuseUnloadable } from "./loadable.js";
import { modelEntries } from "./metadata.js";
import { type ConvertOptions, checkConvertOptions, readTensorType } from "./options.js";
import { planTensors } from "./plan.js";
import { findSavedHeads } from "./saved-heads.js";
import { readShape } from "./shape.js";
import { taskOf } from "./task.js";
import { writeTensors } from "./tensor-data.js";
import { readTokenizer } from "./tokenizer/index.js";
import { MergedWeights } from "./weights/merged.js";
import { openWeights } from "./weights/open.js";
import { elementCount, type WeightSource } from "./weights/source.js";

/**
 * Converts a Hugging Face checkpoint of a LLaMA token classifier to a GGUF file of format 1, piece by
 * piece: in memory there is never more than a small part of the weights. Nothing of the checkpoint is
 * run as code. The output appears under its name only when it is complete.
 * @returns what the file holds
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for what cannot be converted, `ERR_VANER_OUTPUT` where
 *   the file cannot be written, `ERR_VANER_INVALID_ARGUMENT`, `ERR_VANER_NATIVE_LOAD`,
 *   `ERR_VANER_OUT_OF_MEMORY`; the signal's reason
 */
export async function convertCheckpoint(options: ConvertOptions): Promise<ModelFile> {
  checkConvertOptions(options);
  const type = options.type === undefined ? undefined : readTensorType(options.type);
  options.signal?.throwIfAborted();
  const file = join(options.checkpoint, "config.json");
  const config = await readJsonObject(file);
  const shape = readShape(config, file);
  const tokenizer = await readTokenizer(options.checkpoint, shape.vocabulary);
  const { weights, usualType } = await openMerged(options);
  try {
    const classifier = await openClassifier(weights, config, shape, await findSavedHeads(options), options);
    try {
      const stored = type ?? usualType;
      const heads = classifier?.heads.map(({ head }) => head) ?? [];
      const headNames =
        options.heads === false || classifier?.module === undefined
          ? ["classifier", "score"]
          : [classifier.module];
      const tensors = planTensors(weights, shape, heads, headNames, stored, options.checkpoint);
      const name = options.name ?? basename(resolve(options.checkpoint));
      const task = classifier && taskOf(classifier, shape, options);
      const entries = [...modelEntries(name, stored, shape, task), ...tokenizer.entries];
      await using writer = await openGgufWriter(options.output, { entries, tensors, signal: options.signal });
      await writeTensors(tensors, weights, shape.headSize, options, (bytes) => writer.write(bytes));
      await writer.commit(options.heads === false ? undefined : refuseUnloadable);
    } finally {
      await classifier?.close();
    }
  } finally {
    await weights.close();
  }
  return await inspectModel(options.output);
}

async function openMerged({
  checkpoint,
  adapters = [],
}: ConvertOptions): Promise<{ weights: MergedWeights; usualType: TensorType }> {
  const base = await openWeights(checkpoint);
  const opened: Adapter[] = [];
  try {
    for (const folder of adapters) opened.push(await openAdapter(folder));
    return { weights: new MergedWeights(base, opened), usualType: usualTypeOf(base) };
  } catch (error) {
    await Promise.all([base, ...opened].map((source) => source.close()));
    throw error;
  }
}

/** The type of most of the weights. */
function usualTypeOf(weights: WeightSource): TensorType {
  const counts = { F32: 0, F16: 0, BF16: 0 };
  for (const tensor of weights.tensors.values()) {
    const type = tensor.type === "F64" ? "F32" : tensor.type;
    if (Object.hasOwn(counts, type)) counts[type as keyof typeof counts] += elementCount(tensor);
  }
  const [most] = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return (most as [TensorType, number])[0];
}
