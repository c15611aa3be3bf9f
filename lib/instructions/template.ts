import { describe, invalidArgument, listed } from "../errors.js";

/** A template with a name. */
export interface Instruction {
  /** How `recognize(…, { instruction })` asks for it: letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  /** A whole number from 1, for telling apart wordings that were registered under one id over time. */
  readonly version: number;
  /** What stands in front of the text, with `{entityType}` and `{dataset}` where these names go. */
  readonly template: string;
  /**
   * The one entity type that this instruction asks for. It is then used for that type on its own
   * wherever the model was not trained on the type. Without it the instruction serves the types
   * that the model was trained on, and only where a call names it.
   */
  readonly entityType?: string;
}

/** What a template's holes are filled with. */
export interface Holes {
  readonly entityType: string;
  /** Only needed where the template has a `{dataset}` hole. */
  readonly dataset?: string | undefined;
}

const holeNames = ["entityType", "dataset"] as const;

/** A name in braces. Braces around anything else are plain text. */
const hole = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Whether the template has this hole. */
export function hasHole(template: string, name: keyof Holes): boolean {
  return template.includes(`{${name}}`);
}

/**
 * Checks that a template is text with no other holes than `{entityType}` and `{dataset}`.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function checkTemplate(template: unknown): asserts template is string {
  if (typeof template !== "string" || template.trim() === "") {
    throw invalidArgument(
      `An instruction's template must be a text that is not blank, not ${describe(template)}.`,
    );
  }
  for (const [, name] of template.matchAll(hole)) {
    if (!(holeNames as readonly string[]).includes(name as string)) {
      throw invalidArgument(
        `The template has a hole {${name}} that nothing fills. Holes: ${listed(holeNames.map((known) => `{${known}}`))}.`,
      );
    }
  }
}

/**
 * Fills the holes of a template, in one go: what is filled in is never searched for holes.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` where the template asks for a dataset and none is given
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
