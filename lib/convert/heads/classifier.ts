import { join } from "node:path";
import { tokenSegmentationId, wordSegmentationId } from "../../text/words.js";
import { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { exists } from "../checkpoint/file.js";
import { isOfBertKind, type Shape } from "../checkpoint/shape.js";
import {
  type Classifier,
  type FloatWeights,
  findLinearHead,
  findPredictionHead,
  type HeadName,
  headNames,
} from "./heads.js";
import { readLabels, vanerLabels } from "./labels.js";
import type { HeadOptions } from "./options.js";
import { openSavedHeads } from "./saved-heads.js";

/**
 * Opens the heads of a checkpoint: VANER2's `saved.pt`, or a linear head among the weights.
 * @param savedHeads path of `saved.pt`, if there is one
 * @param folder     of the checkpoint, for messages
 * @param adapter    folder of the adapter that may bring the head
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export async function openClassifier(
  weights: FloatWeights,
  config: ConfigObject,
  shape: Shape,
  savedHeads: string | undefined,
  folder: string,
  adapter: string | undefined,
  options: HeadOptions,
): Promise<Classifier> {
  if (savedHeads !== undefined) {
    if (!isOfBertKind(shape)) return openSavedHeads(savedHeads, shape, options);
    throw config.error(
      `an encoder of BERT's family has a head among its weights, not VANER2's in ${savedHeads}: leave out --heads, or remove that file.`,
    );
  }
  const architectures = config.optional("architectures", "strings") ?? [];
  const pooled = architectures.find((name) => name.endsWith("ForSequenceClassification"));
  if (pooled !== undefined) {
    throw config.error(`a ${pooled} classifies whole texts; a model that classifies tokens is needed.`);
  }
  refuseUntrained(weights, architectures, shape, folder);
  const named = await labelConfig(config, adapter);
  const find = shape.modernBert ? findPredictionHead : findLinearHead;
  const { name, head } = find(weights, shape.embedding, folder);
  const { type, labels, tagging } = readLabels(
    {
      given: options.labels,
      config: named,
      usual: name === "classifier" && !isOfBertKind(shape) ? vanerLabels : undefined,
      entityType: options.entityType,
      needsType: name === "score" && options.template === undefined,
      tagTokens: options.tagTokens,
    },
    head.rows,
    named.path,
  );
  return {
    heads: [{ type, head }],
    labels,
    tagging,
    causal: config.optional("is_causal", "boolean") ?? isCausal(architectures, name),
    module: name,
    ...(options.tagTokens !== undefined && {
      words: options.tagTokens ? tokenSegmentationId : wordSegmentationId,
    }),
    close: async () => {},
  };
}

/** What is missing in an encoder that was only pre-trained, or trained for something else. */
function refuseUntrained(
  { tensors, unreadable }: FloatWeights,
  architectures: readonly string[],
  shape: Shape,
  folder: string,
): void {
  const weights = headNames.map((name) => `${name}.weight`);
  if (!isOfBertKind(shape) || weights.some((name) => tensors.has(name) || unreadable.has(name))) return;
  const kind = architectures[0] === undefined ? "" : `: it is a ${architectures[0]}`;
  throw checkpointError(
    `${folder} has no head that classifies tokens${kind}. Fine-tune it as a …ForTokenClassification first, or pass the adapter that brings a head (--adapter).`,
  );
}

/** The configuration that names the labels: that beside the adapter, if its training wrote one, else the base's. */
async function labelConfig(base: ConfigObject, adapter: string | undefined): Promise<ConfigObject> {
  if (adapter === undefined) return base;
  const path = join(adapter, "config.json");
  if (!(await exists(path))) return base;
  const own = await ConfigObject.read(path);
  return own.optionalObject("id2label") ? own : base;
}

/**
 * Whether the class of a checkpoint has a causal mask, if the configuration does not say so. transformers' classes
 * have one. VANER's has none: LS-LLaMA's `UnmaskingLlamaForTokenClassification`, whose head is `classifier`. It is
 * mostly trained as an adapter of a base that names another class.
 */
function isCausal(architectures: readonly string[], head: HeadName): boolean {
  if (architectures.some((name) => name.startsWith("Unmasking"))) return false;
  return head === "score" || architectures.some((name) => name.endsWith("ForTokenClassification"));
}
