import { join } from "node:path";
import { checkpointError } from "./errors.js";
import { checkHead, type FloatWeights, findLinearHead, type Head } from "./heads.js";
import { type JsonObject, optionalStrings } from "./json.js";
import { readLabels } from "./labels.js";
import type { ConvertOptions } from "./options.js";
import { openSavedHeads } from "./saved-heads.js";
import type { Shape } from "./shape.js";

/** The heads of a checkpoint and what their rows mean. */
export interface Classifier {
  /** `type`: the entity type that the labels name, or undefined where they name none. */
  readonly heads: readonly { readonly type: string | undefined; readonly head: Head }[];
  readonly labels: readonly string[];
  readonly tagging: "BIO" | "BIOE";
  /** Whether the class that it was trained as masks what follows a token. */
  readonly causal: boolean;
  /** Plain name of the head's module among the checkpoint's weights, if it lies there. */
  readonly module: string | undefined;
  /** What the checkpoint itself says of its instruction, sequences and words. */
  readonly template?: string;
  readonly maxTokens?: number;
  readonly words?: string;
  close(): Promise<void>;
}

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
  const { name, head } = findLinearHead(weights, options.checkpoint);
  checkHead(head, shape.embedding, options.checkpoint);
  const file = join(options.checkpoint, "config.json");
  const { type, labels, tagging } = readLabels(
    config,
    head.output.weight.shape[0] as number,
    options.labels,
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
    causal: isCausal(optionalStrings(config, "architectures", file) ?? [], name),
    module: name,
    close: async () => {},
  };
}

/**
 * transformers' classes are causal. VANER's is not: LS-LLaMA's `UnmaskingLlamaForTokenClassification`,
 * whose head is called `classifier`, mostly trained as an adapter of a base that names another class.
 */
function isCausal(architectures: readonly string[], head: "classifier" | "score"): boolean {
  if (architectures.some((name) => name.startsWith("Unmasking"))) return false;
  return head === "score" || architectures.some((name) => name.endsWith("ForTokenClassification"));
}
