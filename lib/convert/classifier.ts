import { join } from "node:path";
import { checkpointError } from "./errors.js";
import { type Classifier, checkHead, type FloatWeights, findLinearHead } from "./heads.js";
import { type JsonObject, optionalBoolean, optionalStrings } from "./json.js";
import { readLabels, vanerLabels } from "./labels.js";
import type { ConvertOptions } from "./options.js";
import { openSavedHeads } from "./saved-heads.js";
import type { Shape } from "./shape.js";

/**
 * Finds the head or heads of a checkpoint: VANER2's `saved.pt`, or a linear head among the weights.
 * @returns undefined where the caller wants none
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export async function openClassifier(
  weights: FloatWeights,
  config: JsonObject,
  shape: Shape,
  savedHeads: string | undefined,
  options: ConvertOptions,
): Promise<Classifier | undefined> {
  if (options.heads === false) return undefined;
  if (savedHeads !== undefined) return openSavedHeads(savedHeads, shape, options);
  const file = join(options.checkpoint, "config.json");
  const architectures = optionalStrings(config, "architectures", file) ?? [];
  const pooled = architectures.find((name) => name.endsWith("ForSequenceClassification"));
  if (pooled !== undefined) {
    throw checkpointError(
      `${file}: a ${pooled} classifies whole texts; one that classifies tokens is needed.`,
    );
  }
  const { name, head } = findLinearHead(weights, options.checkpoint);
  checkHead(head, shape.embedding, options.checkpoint);
  const { type, labels, tagging } = readLabels(
    config,
    head.output.weight.shape[0] as number,
    options.labels,
    name === "classifier" ? vanerLabels : undefined,
    file,
  );
  if (type !== undefined && options.entityType !== undefined && type !== options.entityType) {
    throw checkpointError(
      `${file}: the labels name the entity type ${JSON.stringify(type)}, not ${JSON.stringify(options.entityType)}.`,
    );
  }
  return {
    heads: [{ type, head }],
    labels,
    tagging,
    causal: optionalBoolean(config, "is_causal", file) ?? isCausal(architectures, name),
    module: name,
    close: async () => {},
  };
}

/**
 * Where the configuration does not say it: transformers' classes are causal. VANER's is not: LS-LLaMA's `UnmaskingLlamaForTokenClassification`,
 * whose head is called `classifier`, mostly trained as an adapter of a base that names another class.
 */
function isCausal(architectures: readonly string[], head: "classifier" | "score"): boolean {
  if (architectures.some((name) => name.startsWith("Unmasking"))) return false;
  return head === "score" || architectures.some((name) => name.endsWith("ForTokenClassification"));
}
