import { checkpointError } from "../../checkpoint/errors.js";
import { type StoredTensor, tensorNamed, type WeightSource } from "../source.js";
import { describePickled, type PickleValue } from "./pickle-values.js";
import { openTorchFile, type TorchFile } from "./torch-file.js";
import { formOf } from "./torch-layout.js";
import { TorchTensor } from "./torch-tensor.js";

/**
 * Opens a file in which `torch.save` wrote a state dictionary, by itself or under the key `state_dict`.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` as {@link openTorchFile}, and where it holds no such dictionary
 */
export async function openTorchStateDict(path: string): Promise<WeightSource> {
  const file = await openTorchFile(path);
  try {
    const { root } = file;
    const nested = root instanceof Map ? root.get("state_dict") : undefined;
    return stateDictOf(file, nested instanceof Map ? nested : root, "What it holds");
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The tensors of one dictionary in a file: name to tensor. What is no tensor is listed as unreadable.
 * Closing the source closes the file.
 * @param what how messages name the dictionary, at the beginning of a sentence
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where `value` is no dictionary whose keys are texts
 */
export function stateDictOf(file: TorchFile, value: PickleValue | undefined, what: string): WeightSource {
  if (!(value instanceof Map)) {
    throw checkpointError(`${file.path}: ${what} is ${describePickled(value)}, not a dictionary of tensors.`);
  }
  const tensors = new Map<string, StoredTensor>();
  const views = new Map<string, TorchTensor>();
  const unreadable = new Map<string, string>();
  for (const [name, view] of value as ReadonlyMap<PickleValue, PickleValue>) {
    if (typeof name !== "string") {
      throw checkpointError(`${file.path}: ${what} has a key that is ${describePickled(name)}, not a text.`);
    }
    if (!(view instanceof TorchTensor)) {
      unreadable.set(name, `it is ${describePickled(view)}, not a tensor`);
      continue;
    }
    const form = formOf(view);
    if ("problem" in form) {
      unreadable.set(name, form.problem);
      continue;
    }
    tensors.set(name, { name, type: form.type, shape: view.shape });
    views.set(name, view);
  }
  return {
    tensors,
    unreadable,
    readRows: async (name, first, count) =>
      file.readRows(tensorNamed(views, unreadable, name, file.path), name, first, count),
    close: () => file.close(),
  };
}
