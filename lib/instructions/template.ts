import { describe, invalidArgument, listed } from "../errors.js";

/** A template with an id and a version. */
export interface Instruction {
  /** Id for `recognize(…, { instruction })`: letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  /** A whole number from 1 that tells wordings with the same id apart. */
  readonly version: number;
  /** Text in front of the input, with `{entityType}` and `{dataset}` as holes. */
  readonly template: string;
  /**
   * The one entity type that this instruction asks for. The instruction is then used for this type by default, unless
   * the model was trained on the type. Without `entityType`, the instruction serves the types that the model was
   * trained on, and only if a call names it.
   */
  readonly entityType?: string;
}

/** Values of a template's holes. */
export interface Holes {
  readonly entityType: string;
  /** Only needed if the template has a `{dataset}` hole. */
  readonly dataset?: string | undefined;
}

const holeNames: readonly string[] = ["entityType", "dataset"];

/** A name in braces. Braces around anything else are plain text. */
const hole = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Whether the template has this hole. */
export function hasHole(template: string, name: keyof Holes): boolean {
  return template.includes(`{${name}}`);
}

/**
 * Checks that a template is a string with no other holes than `{entityType}` and `{dataset}`.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function checkTemplate(template: unknown): asserts template is string {
  if (typeof template !== "string" || template.trim() === "") {
    throw invalidArgument(
      `An instruction's template must be a string that is not blank, not ${describe(template)}.`,
    );
  }
  for (const [, name = ""] of template.matchAll(hole)) {
    if (!holeNames.includes(name)) {
      throw invalidArgument(
        `The template has a hole {${name}} that nothing fills. Holes: ${listed(holeNames.map((known) => `{${known}}`))}.`,
      );
    }
  }
}

/**
 * Fills the holes of a template in one pass: filled-in values are not searched for holes.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` if the template needs a dataset and none is given
 */
export function renderTemplate(template: string, holes: Holes): string {
  return template.replace(hole, (text, name: string) => {
    if (name === "entityType") return holes.entityType;
    if (name !== "dataset") return text;
    if (holes.dataset === undefined) {
      throw invalidArgument(
        `The template ${describe(template)} names a dataset: pass the option \`dataset\`.`,
      );
    }
    return holes.dataset;
  });
}
