import { basename, join, resolve } from "node:path";
import { inspectModel, type ModelFile } from "../gguf/inspect.js";
import { type GgufEntry, u32 } from "../gguf/metadata.js";
import { openGgufWriter } from "../gguf/writer.js";
import { adapterEntries, planUpdates } from "./adapters/gguf.js";
import { type Adapter, openAdapter } from "./adapters/peft.js";
import { openClassifier } from "./classifier.js";
import { checkpointError } from "./errors.js";
import type { Classifier } from "./heads.js";
import { readJsonObject } from "./json.js";
import { refuseUnloadable } from "./loadable.js";
import { format, taskEntries } from "./metadata.js";
import { type ConvertOptions, checkConvertOptions, checkPath } from "./options.js";
import { headTensors } from "./plan.js";
import { findSavedHeads } from "./saved-heads.js";
import { readShape, type Shape } from "./shape.js";
import { taskOf } from "./task.js";
import { writeTensors } from "./tensor-data.js";
import { nativeArithmetic } from "./weights/floats.js";
import { MergedWeights } from "./weights/merged.js";
import { quoted } from "./weights/names.js";

/** Options of {@link convertAdapter}. Those about labels and instructions matter where it brings a head. */
export interface ConvertAdapterOptions extends Omit<ConvertOptions, "checkpoint" | "adapters" | "type"> {
  /** The folder of a peft LoRA adapter. */
  readonly adapter: string;
  /** The folder of the base that it was trained on, for its config.json; its weights are not read. */
  readonly base: string;
}

/**
 * Converts a peft LoRA adapter to a GGUF file in F32, to be added to a model when that is loaded. The
 * head that was trained with it goes along. The output appears under its name only when it is complete.
 * @returns what the file holds
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for what cannot be converted, such as embeddings or norms
 *   that were trained as a whole; `ERR_VANER_OUTPUT`, `ERR_VANER_INVALID_ARGUMENT`,
 *   `ERR_VANER_NATIVE_LOAD`; the signal's reason
 */
export async function convertAdapter(options: ConvertAdapterOptions): Promise<ModelFile> {
  for (const key of ["adapter", "base"] as const) checkPath(key, options[key]);
  const { adapter: folder, base, output, signal } = options;
  const settings: ConvertOptions = { ...options, checkpoint: base, adapters: [folder] };
  checkConvertOptions(settings);
  signal?.throwIfAborted();
  const file = join(base, "config.json");
  const config = await readJsonObject(file);
  const shape = readShape(config, file);
  const adapter = await openAdapter(folder, nativeArithmetic(signal));
  try {
    const heads = new MergedWeights(adapter.replaced, [], nativeArithmetic(signal));
    const savedHeads = await findSavedHeads(settings);
    checkWhole(adapter);
    const brings = savedHeads !== undefined || heads.tensors.size > 0;
    const classifier = brings ? await openClassifier(heads, config, shape, savedHeads, settings) : undefined;
    try {
      const count = classifier?.heads.length ?? 0;
      const tensors = [
        ...planUpdates(adapter, shape),
        ...(classifier?.heads ?? []).flatMap(({ head }, index) => headTensors(head, index, count)),
      ];
      if (tensors.length === 0) throw checkpointError(`${folder} changes nothing of a token classifier.`);
      const name = options.name ?? basename(resolve(folder));
      const entries = [...adapterEntries(name, adapter), ...headEntries(classifier, shape, settings)];
      await using writer = await openGgufWriter(output, { entries, tensors, signal });
      await writeTensors(tensors, heads, shape.headSize, settings, (bytes) => writer.write(bytes));
      await writer.commit(refuseUnloadable);
    } finally {
      await classifier?.close();
    }
  } finally {
    await adapter.close();
  }
  return await inspectModel(output);
}

/** Of whole modules a model takes only heads from an adapter. */
function checkWhole({ folder, replaced }: Adapter): void {
  const other = [...replaced.tensors.keys()].find(
    (name) => !/^(classifier|score)\.(weight|bias)$/.test(name),
  );
  if (other === undefined) return;
  throw checkpointError(
    `${folder} brings ${quoted(other)}, which was trained as a whole: that cannot be added to a loaded model. ` +
      "Convert the base with this adapter merged into it.",
  );
}

function headEntries(classifier: Classifier | undefined, shape: Shape, options: ConvertOptions): GgufEntry[] {
  if (!classifier) return [];
  return [["vaner.format", u32(format)], ...taskEntries(taskOf(classifier, shape, options))];
}
