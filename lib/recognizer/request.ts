import { type Overlaps, overlapPolicies } from "../decoding/overlaps.js";
import { describe, invalidArgument, listed, VanerError } from "../errors.js";
import type { InstructionRegistry } from "../instructions/registry.js";
import { type Instruction, renderTemplate } from "../instructions/template.js";
import { checkSignal } from "../signals.js";
import type { Knowledge } from "./knowledge.js";

/** Options of a recognition. */
export interface RecognizeOptions {
  /**
   * Entity types to find, for example `["Disease", "Chemical"]`. Default: all that the model was
   * trained on, or those of `dataset`, or that of `instruction`. A model that is told the type by
   * its instruction reads the text once for every type.
   */
  readonly types?: readonly string[];
  /**
   * Dataset whose annotation guidelines to follow, for example `ncbi`: one that the model was
   * trained on. Default: none, and the instruction that suits any text.
   */
  readonly dataset?: string;
  /** Id of a registered instruction to use for all types. Default: what the model was trained with. */
  readonly instruction?: string;
  /** What becomes of entities of different types that share characters. Default: `keep`. */
  readonly overlaps?: Overlaps;
  /** Stops the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One reading of a text: an instruction, and the heads whose answers are wanted. */
export interface Pass {
  /** The text in front of the input; empty for none. */
  readonly instruction: string;
  readonly outputs: readonly {
    /** Index into the request's types. */ readonly rank: number;
    readonly head: number;
  }[];
}

/** Options with everything decided: what to read and what to do with the answers. */
export interface Request {
  readonly types: readonly string[];
  readonly passes: readonly Pass[];
  readonly overlaps: Overlaps;
}

/**
 * Decides what a call asks of the model. Types that share an instruction share a pass, so a model
 * with a head for each type reads the text once, and one with a single head once for each type.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`, `ERR_VANER_UNKNOWN_TYPE`,
 *   `ERR_VANER_UNKNOWN_DATASET`, `ERR_VANER_UNKNOWN_INSTRUCTION`
 */
export function readRequest(
  options: RecognizeOptions,
  knowledge: Knowledge,
  registry: InstructionRegistry,
): Request {
  checkOptions(options);
  const { dataset, overlaps = "keep" } = options;
  const chosen = options.instruction === undefined ? undefined : registry.get(options.instruction);
  const types = [...new Set(options.types ?? defaultTypes(dataset, chosen, knowledge))];

  const passes = new Map<string, { rank: number; head: number }[]>();
  let datasetMatters = false;
  for (const [rank, type] of types.entries()) {
    const own = wordingOf(type, chosen, knowledge, registry);
    if (own === undefined && dataset !== undefined) knowledge.checkPair(dataset, type);
    const template = own?.template ?? knowledge.templateFor(dataset);
    const instruction = renderTemplate(template, { entityType: type, dataset });
    datasetMatters ||= own === undefined || template.includes("{dataset}");
    const outputs = passes.get(instruction) ?? [];
    passes.set(instruction, [...outputs, { rank, head: knowledge.headFor(type) }]);
  }
  if (dataset !== undefined && !datasetMatters) {
    throw invalidArgument(
      `No instruction of this call names a dataset: leave out the dataset ${describe(dataset)}.`,
    );
  }
  return { types, passes: [...passes].map(([instruction, outputs]) => ({ instruction, outputs })), overlaps };
}

function checkOptions({ types, dataset, instruction, overlaps, signal }: RecognizeOptions): void {
  if (types !== undefined) {
    if (!Array.isArray(types) || types.length === 0) {
      throw invalidArgument(
        `\`types\` must be an array of one or more entity types, not ${describe(types)}.`,
      );
    }
    for (const type of types) {
      if (typeof type !== "string")
        throw invalidArgument(`\`types\` must hold texts, not ${describe(type)}.`);
    }
  }
  for (const [name, value] of Object.entries({ dataset, instruction })) {
    if (value !== undefined && (typeof value !== "string" || value.trim() === "")) {
      throw invalidArgument(`\`${name}\` must be a text that is not blank, not ${describe(value)}.`);
    }
  }
  if (overlaps !== undefined && !overlapPolicies.includes(overlaps)) {
    throw invalidArgument(
      `\`overlaps\` must be one of ${listed(overlapPolicies)}, not ${describe(overlaps)}.`,
    );
  }
  checkSignal(signal);
}

function defaultTypes(dataset: string | undefined, chosen: Instruction | undefined, knowledge: Knowledge) {
  if (chosen?.entityType !== undefined) return [chosen.entityType];
  return dataset === undefined || chosen !== undefined ? knowledge.types : knowledge.typesOf(dataset);
}

/** The registered instruction to use for a type, or undefined where the model's own template is. */
function wordingOf(
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
  if (registered.length > 1) {
    const ids = listed(registered.map(({ id }) => id));
    throw invalidArgument(
      `Several instructions ask for ${describe(type)}: choose one with \`instruction\`: ${ids}.`,
    );
  }
  if (registered[0]) return registered[0];
  throw unknownType(type, knowledge, registry);
}

function unknownType(type: string, knowledge: Knowledge, registry: InstructionRegistry): VanerError {
  const added = registry.list().flatMap(({ entityType }) => entityType ?? []);
  const known = new Set([...knowledge.types, ...(knowledge.instructable ? added : [])]);
  const remedy = knowledge.instructable
    ? "register an instruction with this entityType to try it on others"
    : "it has a head for each of them and can find no others";
  return new VanerError(
    "ERR_VANER_UNKNOWN_TYPE",
    `The model was not trained on the type ${describe(type)}. It knows ${listed(known)}; ${remedy}.`,
  );
}
