import { anyType } from "../../decoding/scheme.js";
import { vanerAdaptiveInstruction, vanerDatasets, vanerInstruction } from "../../instructions/builtin.js";
import { wordSegmentationId } from "../../text/words.js";
import { checkpointError } from "../checkpoint/errors.js";
import type { Shape } from "../checkpoint/shape.js";
import type { Classifier } from "./heads.js";
import type { TaskOptions } from "./options.js";

/** What a model does, in the terms of the format. */
export interface Task {
  /** Entity type of each head; `*` = the instruction decides; `+` = the labels name the types. */
  readonly heads: readonly string[];
  /** Labels in row order of the heads. */
  readonly labels: readonly string[];
  readonly tagging: Classifier["tagging"];
  readonly causal: boolean;
  readonly template: string;
  readonly adaptiveTemplate: string;
  readonly trained: readonly string[];
  readonly maxTokens: number;
  /** Id of the segmentation. */
  readonly words: string;
}

/** Longest sequence of VANER's training, in tokens. Source: its published code. */
const vanerMaxTokens = 128;

/** Longest sequence that most other token classifiers are trained with, in tokens. */
const usualMaxTokens = 512;

/**
 * What a model does, from its heads and the caller's options.
 * @param start text of the token in front of running text; may be empty
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for sequences that are longer than the model's
 */
export function taskOf(classifier: Classifier, shape: Shape, options: TaskOptions, start: string): Task {
  const heads = classifier.heads.map(({ type }) => type ?? options.entityType ?? anyType);
  const instructed = heads.includes(anyType);
  const causal = options.causal ?? classifier.causal;
  const isVaner = instructed && !causal && options.template === undefined;
  const pairs = Object.entries(vanerDatasets).map(([dataset, type]) => `${dataset}:${type}`);
  if (options.maxTokens !== undefined && options.maxTokens > shape.context) {
    throw checkpointError(
      `--max-tokens is ${options.maxTokens}, but a sequence of this model has at most ${shape.context} tokens.`,
    );
  }
  const longest = options.maxTokens ?? classifier.maxTokens ?? (isVaner ? vanerMaxTokens : usualMaxTokens);
  return {
    heads,
    labels: classifier.labels,
    tagging: classifier.tagging,
    causal,
    template: options.template ?? classifier.template ?? (isVaner ? vanerInstruction.template : start),
    adaptiveTemplate: options.adaptiveTemplate ?? (isVaner ? vanerAdaptiveInstruction.template : ""),
    trained: options.trained ?? (isVaner ? pairs : []),
    maxTokens: Math.min(longest, shape.context),
    words: classifier.words ?? wordSegmentationId,
  };
}
