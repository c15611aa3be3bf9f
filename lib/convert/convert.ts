import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { inspectModel, type ModelFile } from "../gguf/inspect.js";
import type { TensorType } from "../gguf/tensor-types.js";
import { openGgufWriter } from "../gguf/writer.js";
import { MergedWeights } from "./adapters/merged.js";
import { type Adapter, openAdapter } from "./adapters/peft.js";
import { checkpointError } from "./checkpoint/errors.js";
import { readConfig } from "./checkpoint/folder.js";
import { refuseQuantized } from "./checkpoint/quantized.js";
import { isOfBertKind, readShape } from "./checkpoint/shape.js";
import { openClassifier } from "./heads/classifier.js";
import { encoderTask } from "./heads/encoder-task.js";
import { headNames, predictionHeadNames } from "./heads/heads.js";
import { findSavedHeads } from "./heads/saved-heads.js";
import { taskOf } from "./heads/task.js";
import { type ConvertOptions, checkConvertOptions, readTensorType } from "./options.js";
import { refuseConvertedFile } from "./output/inputs.js";
import { refuseUnloadable } from "./output/loadable.js";
import { modelEntries, scalesEntries } from "./output/metadata.js";
import { writeTensors } from "./output/tensor-data.js";
import { planTensors } from "./output/tensor-plan.js";
import { readTokenizer } from "./tokenizer/index.js";
import { startOf } from "./tokenizer/start.js";
import { holdsWeights, openWeights } from "./weights/open.js";
import { elementCount, type WeightSource } from "./weights/source.js";

/**
 * Converts a Hugging Face checkpoint of a token classifier, shaped as LLaMA, BERT or ModernBERT, to a GGUF file: of
 * format 5 if its tokenizer normalizes text or is unigram, or its embeddings are projected, else of format 4 if its head
 * is over several types, else of format 1. Works in small pieces: only a small part of the weights is in memory. Runs no
 * code of the checkpoint. The output appears under its name only when it is complete.
 * @returns what the file holds
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a checkpoint that cannot be converted, `ERR_VANER_OUTPUT` if the
 *   file cannot be written, `ERR_VANER_INVALID_ARGUMENT`, `ERR_VANER_NATIVE_LOAD`, `ERR_VANER_OUT_OF_MEMORY`; the
 *   signal's reason
 */
export async function convertCheckpoint(options: ConvertOptions): Promise<ModelFile> {
  checkConvertOptions(options);
  const type = options.type === undefined ? undefined : readTensorType(options.type);
  const { checkpoint, adapters = [], output, signal } = options;
  signal?.throwIfAborted();
  await refuseConvertedFile(output, [checkpoint, ...adapters], options.heads);
  await refuseAdapter(checkpoint);
  const config = await readConfig(checkpoint);
  const shape = readShape(config);
  if (isOfBertKind(shape) && options.heads === false) {
    throw config.error(
      "an encoder of BERT's family takes no adapters beside it, so that it needs its head: leave out --no-head.",
    );
  }
  const tokenizer = await readTokenizer(checkpoint, shape.vocabulary, shape.bert ?? shape.modernBert);
  const { weights, usualType } = await openMerged(checkpoint, adapters);
  try {
    const savedHeads = await findSavedHeads(options.heads, adapters.at(-1) ?? checkpoint);
    const classifier =
      options.heads === false
        ? undefined
        : await openClassifier(weights, config, shape, savedHeads, checkpoint, adapters.at(-1), options);
    try {
      const stored = type ?? usualType;
      const heads = classifier?.heads.map(({ head }) => head) ?? [];
      const modules: string[] = classifier?.module === undefined ? [...headNames] : [classifier.module];
      if (shape.modernBert) modules.push(...predictionHeadNames);
      const tensors = planTensors(weights, shape, heads, modules, stored, checkpoint);
      const name = options.name ?? basename(resolve(checkpoint));
      const start = () =>
        options.tagTokens && !isOfBertKind(shape) ? startOf(tokenizer.entries, checkpoint) : "";
      const task =
        classifier && encoderTask(taskOf(classifier, shape, options, start()), shape, config, options);
      const entries = [
        ...modelEntries(name, stored, shape, task, tokenizer.entries),
        ...scalesEntries(options.int8Scales),
      ];
      await using writer = await openGgufWriter(output, { entries, tensors, signal });
      await writeTensors(tensors, weights, shape.headSize, options, (bytes) => writer.write(bytes));
      await writer.commit(classifier && refuseUnloadable);
    } finally {
      await classifier?.close();
    }
  } finally {
    await weights.close();
  }
  return await inspectModel(output);
}

/** @throws {VanerError} `ERR_VANER_CHECKPOINT` for the folder of an adapter in the place of a checkpoint */
async function refuseAdapter(folder: string): Promise<void> {
  if (!existsSync(join(folder, "adapter_config.json")) || (await holdsWeights(folder))) return;
  throw checkpointError(
    `${folder} is an adapter, not a checkpoint. Give the checkpoint that it was trained on, with the adapter as ` +
      "--adapter to merge it; or name that checkpoint in --base, to convert the adapter by itself.",
  );
}

async function openMerged(
  checkpoint: string,
  adapters: readonly string[],
): Promise<{ weights: MergedWeights; usualType: TensorType }> {
  const base = await openWeights(checkpoint);
  const opened: Adapter[] = [];
  try {
    refuseQuantized([...base.tensors.keys(), ...base.unreadable.keys()], checkpoint);
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
    if (type === "F32" || type === "F16" || type === "BF16") counts[type] += elementCount(tensor);
  }
  const { F32, F16, BF16 } = counts;
  if (F32 >= F16 && F32 >= BF16) return "F32";
  return F16 >= BF16 ? "F16" : "BF16";
}
