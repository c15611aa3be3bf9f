import { basename, resolve } from "node:path";
import { inspectModel, type ModelFile } from "../gguf/inspect.js";
import { type GgufEntry, u32 } from "../gguf/metadata.js";
import { openGgufWriter } from "../gguf/writer.js";
import { MergedWeights } from "./adapters/merged.js";
import { type Adapter, openAdapter } from "./adapters/peft.js";
import { checkpointError } from "./checkpoint/errors.js";
import { readConfig } from "./checkpoint/folder.js";
import { quoted } from "./checkpoint/names.js";
import { isOfBertKind, readShape } from "./checkpoint/shape.js";
import { openClassifier } from "./heads/classifier.js";
import { findSavedHeads } from "./heads/saved-heads.js";
import { type Task, taskOf } from "./heads/task.js";
import { type ConvertAdapterOptions, checkConvertAdapterOptions } from "./options.js";
import { adapterEntries, planUpdates } from "./output/adapter-plan.js";
import { refuseConvertedFile } from "./output/inputs.js";
import { refuseUnloadable } from "./output/loadable.js";
import { formatOf, taskEntries } from "./output/metadata.js";
import { writeTensors } from "./output/tensor-data.js";
import { planHead } from "./output/tensor-plan.js";
import { readTokenizer } from "./tokenizer/index.js";
import { startOf } from "./tokenizer/start.js";
import { nativeArithmetic } from "./weights/floats.js";

/**
 * Converts a peft LoRA adapter to a GGUF file in F32, which is added to a model at loading. The head that was
 * trained with it goes along. The output appears under its name only when it is complete.
 * @returns what the file holds
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for an adapter that cannot be converted, for example with embeddings
 *   or norms that were trained as a whole; `ERR_VANER_OUTPUT`, `ERR_VANER_INVALID_ARGUMENT`,
 *   `ERR_VANER_NATIVE_LOAD`; the signal's reason
 */
export async function convertAdapter(options: ConvertAdapterOptions): Promise<ModelFile> {
  checkConvertAdapterOptions(options);
  const { adapter: folder, base, output, signal } = options;
  signal?.throwIfAborted();
  await refuseConvertedFile(output, [folder, base], options.heads);
  const config = await readConfig(base);
  const shape = readShape(config);
  if (isOfBertKind(shape)) {
    throw config.error(
      "an adapter of an encoder of BERT's family is merged into it, not loaded beside it: vaner convert, with the base as the checkpoint and this adapter as --adapter.",
    );
  }
  const adapter = await openAdapter(folder, nativeArithmetic(signal));
  try {
    const weights = new MergedWeights(adapter.replaced, [], nativeArithmetic(signal));
    const savedHeads = await findSavedHeads(options.heads, folder);
    refuseOtherModules(adapter);
    const brings = savedHeads !== undefined || weights.tensors.size > 0;
    const classifier =
      brings && options.heads !== false
        ? await openClassifier(weights, config, shape, savedHeads, base, folder, options)
        : undefined;
    try {
      const tagsTokens = classifier && options.tagTokens && options.template === undefined;
      const start = tagsTokens ? startOf((await readTokenizer(base, shape.vocabulary)).entries, base) : "";
      const heads = classifier?.heads.map(({ head }) => head) ?? [];
      const tensors = [...planUpdates(adapter, shape), ...heads.flatMap(planHead)];
      if (tensors.length === 0) throw checkpointError(`${folder} changes nothing of a token classifier.`);
      const name = options.name ?? basename(resolve(folder));
      const entries = [
        ...adapterEntries(name, adapter),
        ...headEntries(classifier && taskOf(classifier, shape, options, start)),
      ];
      await using writer = await openGgufWriter(output, { entries, tensors, signal });
      await writeTensors(tensors, weights, shape.headSize, options, (bytes) => writer.write(bytes));
      await writer.commit(refuseUnloadable);
    } finally {
      await classifier?.close();
    }
  } finally {
    await adapter.close();
  }
  return await inspectModel(output);
}

/** The only whole modules that a loaded model takes from an adapter are heads. */
function refuseOtherModules({ folder, replaced }: Adapter): void {
  const other = [...replaced.tensors.keys()].find(
    (name) => !/^(classifier|score)\.(weight|bias)$/.test(name),
  );
  if (other === undefined) return;
  throw checkpointError(
    `${folder} brings ${quoted(other)}, which was trained as a whole and cannot be added to a loaded model. ` +
      "Convert the base with this adapter merged into it.",
  );
}

function headEntries(task: Task | undefined): GgufEntry[] {
  return task ? [["vaner.format", u32(formatOf(task))], ...taskEntries(task)] : [];
}
