import { join } from "node:path";
import { listed } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";
import { exists } from "../checkpoint/file.js";
import { openSafetensors } from "./safetensors.js";
import { openSharded } from "./sharded.js";
import type { WeightSource } from "./source.js";
import { openTorchStateDict } from "./torch/state-dict.js";

/** Names of weight files, without their extensions. */
export interface WeightStems {
  readonly safetensors: string;
  readonly torch: string;
}

const exported = "Convert the checkpoint that it was exported from.";

/** Weights of other libraries, and the remedy. */
const foreign: readonly (readonly [name: string, library: string, remedy: string])[] = [
  ["tf_model.h5", "TensorFlow", saveFrom("from_tf")],
  ["flax_model.msgpack", "Flax", saveFrom("from_flax")],
  ["model.onnx", "ONNX", exported],
  ["onnx", "ONNX", exported],
];

function saveFrom(option: string): string {
  return `Save those of PyTorch, with transformers 4: \`AutoModelForTokenClassification.from_pretrained(folder, ${option}=True).save_pretrained(folder)\`.`;
}

const modelStems: WeightStems = { safetensors: "model", torch: "pytorch_model" };

/**
 * Opens the weights in a folder, as Hugging Face's libraries write them: whole or in shards, preferably safetensors.
 * @param stems names of the files. Default: those of a model
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if there are none, or they cannot be read
 */
export async function openWeights(folder: string, stems = modelStems): Promise<WeightSource> {
  const candidates = candidatesOf(stems);
  for (const [name, open] of candidates) {
    const path = join(folder, name);
    if (await exists(path)) return open(path);
  }
  for (const [name, library, remedy] of foreign) {
    if (!(await exists(join(folder, name)))) continue;
    throw checkpointError(`${folder} holds weights of ${library} alone (${JSON.stringify(name)}). ${remedy}`);
  }
  const names = listed(candidates.map(([name]) => name));
  throw checkpointError(
    `${folder} holds no weights. Looked for ${names}: is it the checkpoint's folder, downloaded completely?`,
  );
}

/** Whether a folder holds the weights of a model. */
export async function holdsWeights(folder: string): Promise<boolean> {
  for (const [name] of candidatesOf(modelStems)) {
    if (await exists(join(folder, name))) return true;
  }
  return false;
}

/** Files of weights by preference, and how to open them. */
function candidatesOf({
  safetensors,
  torch,
}: WeightStems): readonly (readonly [name: string, open: (path: string) => Promise<WeightSource>])[] {
  return [
    [`${safetensors}.safetensors`, openSafetensors],
    [`${safetensors}.safetensors.index.json`, (path) => openSharded(path, openSafetensors)],
    [`${torch}.bin`, openTorchStateDict],
    [`${torch}.bin.index.json`, (path) => openSharded(path, openTorchStateDict)],
  ];
}
