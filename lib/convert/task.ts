import { vanerAdaptiveInstruction, vanerDatasets, vanerInstruction } from "../instructions/builtin.js";
import { wordSegmentationId } from "../text/words.js";
import type { Classifier } from "./heads.js";
import type { Task } from "./metadata.js";
import type { ConvertOptions } from "./options.js";
import type { Shape } from "./shape.js";

/** Name of a head that finds whatever type the instruction asks for. */
const anyType = "*";

/** Longest sequence in VANER's training, in tokens. Source: its published code. */
const vanerMaxTokens = 128;

/** For other models: what most token classifiers are trained with. */
const usualMaxTokens = 512;

/** What a model does, by its classifier and by what the caller says. */
export function taskOf(classifier: Classifier, shape: Shape, options: ConvertOptions): Task {
  const heads = classifier.heads.map(({ type }) => type ?? options.entityType ?? anyType);
  const instructed = heads.includes(anyType);
  const causal = options.causal ?? classifier.causal;
  const isVaner = instructed && !causal && options.template === undefined;
  const pairs = Object.entries(vanerDatasets).map(([dataset, type]) => `${dataset}:${type}`);
  const longest = options.maxTokens ?? classifier.maxTokens ?? (isVaner ? vanerMaxTokens : usualMaxTokens);
  return {
    heads,
    labels: classifier.labels,
    tagging: classifier.tagging,
    causal,
    template: options.template ?? classifier.template ?? (isVaner ? vanerInstruction.template : ""),
    adaptiveTemplate: options.adaptiveTemplate ?? (isVaner ? vanerAdaptiveInstruction.template : ""),
    trained: options.trained ?? (isVaner ? pairs : []),
    maxTokens: Math.min(longest, shape.context),
    words: classifier.words ?? wordSegmentationId,
  };
}
