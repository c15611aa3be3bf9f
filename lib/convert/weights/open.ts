import { stat } from "node:fs/promises";
import { join } from "node:path";
import { listed } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";
import { openSafetensors } from "./safetensors.js";
import { openSharded } from "./sharded.js";
import type { WeightSource } from "./source.js";
import { openTorchStateDict } from "./torch/state-dict.js";

/** Names of weight files, without their endings. */
export interface WeightStems {
  readonly safetensors: string;
  readonly torch: string;
}

const modelStems: WeightStems = { safetensors: "model", torch: "pytorch_model" };

/**
 * Opens the weights in a folder as Hugging Face's libraries write them, whole or in shards, safetensors first.
 * @param stems names of the files; the default is a model's, adapters have `adapter_model` for both
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where there are none, or those that there are cannot be read
 */
export async function openWeights(folder: string, stems = modelStems): Promise<WeightSource> {
  const candidates: readonly (readonly [name: string, open: (path: string) => Promise<WeightSource>])[] = [
    [`${stems.safetensors}.safetensors`, openSafetensors],
    [`${stems.safetensors}.safetensors.index.json`, (path) => openSharded(path, openSafetensors)],
    [`${stems.torch}.bin`, openTorchStateDict],
    [`${stems.torch}.bin.index.json`, (path) => openSharded(path, openTorchStateDict)],
  ];
  for (const [name, open] of candidates) {
    const path = join(folder, name);
    if (await exists(path)) return open(path);
  }
  const names = listed(candidates.map(([name]) => name));
  throw checkpointError(
    `${folder} holds no weights. Looked for ${names}: is it the checkpoint's folder, downloaded completely?`,
  );
}

/** Whether there is anything under this path; whether it can be read shows when it is opened. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}
