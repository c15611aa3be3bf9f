import { checkNames, didYouMean, type OptionNames } from "../arguments.js";
import { checkSignal } from "../async/signals.js";
import { type Aggregation, allAggregations } from "../decoding/aggregation.js";
import { type Overlaps, overlapPolicies } from "../decoding/overlaps.js";
import { describe, invalidArgument, listed, VanerError } from "../errors.js";
import type { InstructionRegistry } from "../instructions/registry.js";
import { type Instruction, renderTemplate } from "../instructions/template.js";
import type { Knowledge } from "./knowledge.js";

/** Options of `recognize`, `recognizeBatch` and `recognizeStream`. */
export interface RecognizeOptions {
  /**
   * Entity types to find, for example `["Disease", "Chemical"]`. Default: the type of `instruction`, else
   * the types of `dataset`, else all types that the model was trained on. A model that learns the type
   * from its instruction reads the text once for each type, so fewer types are faster.
   */
  readonly types?: readonly string[] | undefined;
  /**
   * Dataset whose annotation guidelines to follow, for example `ncbi`. Must be one that the model was
   * trained on. Default: none; the instruction then names no dataset.
   */
  readonly dataset?: string | undefined;
  /** Id of a registered instruction to use for all types. Default: the instruction the model was trained with. */
  readonly instruction?: string | undefined;
  /** What to do with entities of different types that overlap. Default: `keep`. */
  readonly overlaps?: Overlaps | undefined;
  /**
   * How the tokens of a word give it its label, by the names of transformers' token classification pipeline. `"first"`:
   * the label of its first token. `"average"`: the label with the highest mean probability over its tokens. `"max"`: the
   * label of the token that is surest of its own. `"simple"`: every token has its label, so an entity may start or end
   * inside a word; for encoders of BERT's family and models that tag tokens. Default: `"first"`, or `"simple"` for
   * models that tag tokens.
   */
  readonly aggregation?: Aggregation | undefined;
  /**
   * Whether to find in a text again what was found in it once: strings that are entities with a high score at their
   * other occurrences, and abbreviations that the text defines. Default: `true`.
   */
  readonly consistency?: boolean | undefined;
  /**
   * Whether every line is a sentence. `true`: each is exactly one; tabs end one too. `false`: none is; line breaks and
   * tabs count as spaces, except blank lines. Default: look for lists, tables and titles, and read all else as wrapped
   * prose. An input of words is one sentence.
   */
  readonly lines?: boolean | undefined;
  /** Stops the work. The promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const recognizeOptionNames: OptionNames<RecognizeOptions> = {
  types: true,
  dataset: true,
  instruction: true,
  overlaps: true,
  aggregation: true,
  consistency: true,
  lines: true,
  signal: true,
};

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` unless these are the options of a recognition, by their names */
export function checkRecognizeNames(options: unknown): void {
  checkNames("recognize", options, recognizeOptionNames);
}

/** One reading of a text by the model. */
export interface Pass {
  /** The text in front of the input; may be empty. */
  readonly instruction: string;
  readonly outputs: readonly PassOutput[];
}

/** A head whose labels a pass uses. */
export interface PassOutput {
  /** Indices into the query's types, at least one. */
  readonly ranks: readonly number[];
  /** Index into the model's heads. */
  readonly head: number;
}

/** Options of a call, resolved against what the model knows. */
export interface Query {
  readonly types: readonly string[];
  readonly passes: readonly Pass[];
  readonly overlaps: Overlaps;
  /** As in {@link RecognizeOptions}; undefined for the first token of each unit. */
  readonly aggregation?: Aggregation;
  readonly consistency: boolean;
  /** As in {@link RecognizeOptions}. */
  readonly lines?: boolean | undefined;
}

/**
 * Resolves the options of a call. Types that share an instruction share a pass: a model whose heads or labels have a
 * type each reads the text once, a model whose instruction names the type reads it once for each.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`, `ERR_VANER_UNKNOWN_TYPE`,
 *   `ERR_VANER_UNKNOWN_DATASET`, `ERR_VANER_UNKNOWN_INSTRUCTION`
 */
export function resolveQuery(
  options: RecognizeOptions,
  knowledge: Knowledge,
  registry: InstructionRegistry,
): Query {
  checkOptions(options);
  const { dataset, overlaps = "keep", consistency = true, lines } = options;
  const aggregation = aggregationOf(options, knowledge);
  const chosen = options.instruction === undefined ? undefined : registry.get(options.instruction);
  const types: string[] = [];
  const seen = new Set<string>();
  const passes = new Map<string, { readonly ranks: number[]; readonly head: number }[]>();
  let datasetMatters = false;
  // The first unknown type ends the loop: callers may pass a million.
  for (const type of options.types ?? defaultTypes(dataset, chosen, knowledge)) {
    if (seen.has(type)) continue;
    seen.add(type);
    const rank = types.push(type) - 1;
    const own = registeredFor(type, chosen, knowledge, registry);
    if (own === undefined && dataset !== undefined) knowledge.checkPair(dataset, type);
    const template = own?.template ?? knowledge.templateFor(dataset);
    const instruction = renderTemplate(template, { entityType: type, dataset });
    datasetMatters ||= own === undefined || template.includes("{dataset}");
    const outputs = passes.get(instruction) ?? [];
    const head = knowledge.headFor(type);
    const shared = outputs.find((output) => output.head === head);
    if (shared) shared.ranks.push(rank);
    else outputs.push({ ranks: [rank], head });
    passes.set(instruction, outputs);
  }
  if (dataset !== undefined && !datasetMatters) {
    throw invalidArgument(
      `No instruction of this call names a dataset, so leave out ${describe(dataset)}: it would have no effect.`,
    );
  }
  const each = [...passes].map(([instruction, outputs]) => ({ instruction, outputs }));
  return { types, passes: each, overlaps, aggregation, consistency, lines };
}

function checkOptions(options: RecognizeOptions): void {
  const { types, dataset, instruction, overlaps, aggregation, consistency, lines, signal } = options;
  if (types !== undefined) {
    if (!Array.isArray(types)) {
      throw invalidArgument(
        `\`types\` must be an array of entity types, such as ["Disease"], not ${describe(types)}.`,
      );
    }
    if (types.length === 0) {
      throw invalidArgument("`types` is empty: name one or more entity types, or leave it out for all.");
    }
    for (const type of types) {
      if (typeof type !== "string")
        throw invalidArgument(`\`types\` must hold strings, not ${describe(type)}.`);
    }
  }
  for (const [name, value] of Object.entries({ dataset, instruction })) {
    if (value !== undefined && (typeof value !== "string" || value.trim() === "")) {
      throw invalidArgument(`\`${name}\` must be a string that is not blank, not ${describe(value)}.`);
    }
  }
  if (overlaps !== undefined && !overlapPolicies.includes(overlaps)) {
    throw invalidArgument(
      `\`overlaps\` must be one of ${listed(overlapPolicies)}, not ${describe(overlaps)}.`,
    );
  }
  if (aggregation !== undefined && !allAggregations.includes(aggregation)) {
    throw invalidArgument(
      `\`aggregation\` must be one of ${listed(allAggregations)}, not ${describe(aggregation)}.`,
    );
  }
  for (const [name, value] of Object.entries({ consistency, lines })) {
    if (value !== undefined && typeof value !== "boolean") {
      throw invalidArgument(`\`${name}\` must be true or false, not ${describe(value)}.`);
    }
  }
  checkSignal(signal);
}

/** Fails for an aggregation that the model's units do not allow. */
function aggregationOf({ aggregation }: RecognizeOptions, { aggregations }: Knowledge): Aggregation {
  if (aggregation === undefined) return aggregations[0] ?? "first";
  if (aggregations.includes(aggregation)) return aggregation;
  throw invalidArgument(
    aggregations.includes("first")
      ? `The model tags words that are tokenized one by one, so that its tokens have no places in the text: \`aggregation\` must be one of ${listed(aggregations)}, not ${describe(aggregation)}.`
      : `The model tags tokens, not words: leave out \`aggregation\`, or make it ${listed(aggregations)}, not ${describe(aggregation)}.`,
  );
}

function defaultTypes(dataset: string | undefined, chosen: Instruction | undefined, knowledge: Knowledge) {
  if (chosen?.entityType !== undefined) return [chosen.entityType];
  return dataset === undefined || chosen !== undefined ? knowledge.types : knowledge.typesOf(dataset);
}

/** The registered instruction for a type, or undefined to use the model's own template. */
function registeredFor(
  type: string,
  chosen: Instruction | undefined,
  knowledge: Knowledge,
  registry: InstructionRegistry,
): Instruction | undefined {
  const trained = knowledge.types.includes(type);
  if (chosen) {
    if (chosen.entityType !== undefined && chosen.entityType !== type) {
      throw invalidArgument(
        `The instruction ${describe(chosen.id)} asks for ${describe(chosen.entityType)} and cannot be used for ${describe(type)}.`,
      );
    }
    if (trained || (chosen.entityType === type && knowledge.instructable)) return chosen;
    throw unknownType(type, knowledge, registry);
  }
  if (trained) return undefined;

  const registered = knowledge.instructable
    ? registry.list().filter(({ entityType }) => entityType === type)
    : [];
  const [only, ...others] = registered;
  if (others.length > 0) {
    const ids = listed(registered.map(({ id }) => id));
    throw invalidArgument(
      `Several instructions ask for ${describe(type)}: choose one with \`instruction\`: ${ids}.`,
    );
  }
  if (only) return only;
  throw unknownType(type, knowledge, registry);
}

function unknownType(type: string, knowledge: Knowledge, registry: InstructionRegistry): VanerError {
  const added = registry.list().flatMap(({ entityType }) => entityType ?? []);
  const known = new Set([...knowledge.types, ...(knowledge.instructable ? added : [])]);
  const question = didYouMean(type, [...known]);
  const remedy = knowledge.instructable
    ? "to try another type, register an instruction with that entityType"
    : "its heads are for these types and can find no others";
  return new VanerError(
    "ERR_VANER_UNKNOWN_TYPE",
    `The model was not trained on the type ${describe(type)}.${question} It knows ${listed(known)}; ${remedy}.`,
  );
}
