import { checkpointError } from "../../checkpoint/errors.js";
import { type StoredTensor, tensorNamed, type WeightSource } from "../source.js";
import { asDictionary, describePickled, type PickleValue } from "./pickle-values.js";
import { openTorchFile, type TorchFile } from "./torch-file.js";
import { formOf } from "./torch-layout.js";
import { TorchTensor } from "./torch-tensor.js";

/**
 * Opens a file in which `torch.save` wrote a state dictionary, by itself or under the key `state_dict`.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` as {@link openTorchFile}, and if it holds no such dictionary
 */
export async function openTorchStateDict(path: string): Promise<WeightSource> {
  const file = await openTorchFile(path);
  try {
    const nested = asDictionary(asDictionary(file.root)?.get("state_dict"));
    return stateDictOf(file, nested ?? file.root, "The saved object");
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The tensors of one dictionary in a file, by name. Other values are unreadable. Closing the source closes the file.
 * @param what names the dictionary in messages, at the start of a sentence
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if `value` is not a dictionary with strings as keys
 */
export function stateDictOf(file: TorchFile, value: PickleValue | undefined, what: string): WeightSource {
  const dictionary = asDictionary(value);
  if (!dictionary) {
    throw checkpointError(`${file.path}: ${what} is ${describePickled(value)}, not a dictionary of tensors.`);
  }
  const tensors = new Map<string, StoredTensor>();
  const views = new Map<string, TorchTensor>();
  const unreadable = new Map<string, string>();
  for (const [name, view] of dictionary) {
    if (typeof name !== "string") {
      throw checkpointError(
        `${file.path}: ${what} has a key that is ${describePickled(name)}, not a string.`,
      );
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
