import { describe, invalidArgument, listed } from "../errors.js";

/** A template with an id and a version. */
export interface Instruction {
  /** Id for `recognize(…, { instruction })`: letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  /** A whole number from 1 that tells wordings with the same id apart. */
  readonly version: number;
  /** Text in front of the input, with `{entityType}` and `{dataset}` as placeholders. */
  readonly template: string;
  /**
   * The one entity type that this instruction asks for. The instruction is then used for this type by default, unless
   * the model was trained on the type. Without `entityType`, the instruction serves the types that the model was
   * trained on, and only if a call names it.
   */
  readonly entityType?: string;
}

/** Values of a template's placeholders. */
export interface Placeholders {
  readonly entityType: string;
  /** Only needed if the template has a `{dataset}` placeholder. */
  readonly dataset?: string | undefined;
}

const placeholderNames: readonly string[] = ["entityType", "dataset"];

/** A name in braces. Braces around anything else are plain text. */
const placeholder = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Whether the template has this placeholder. */
export function hasPlaceholder(template: string, name: keyof Placeholders): boolean {
  return template.includes(`{${name}}`);
}

/**
 * Checks that a template is a string with no other placeholders than `{entityType}` and `{dataset}`.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function checkTemplate(template: unknown): asserts template is string {
  if (typeof template !== "string" || template.trim() === "") {
    throw invalidArgument(
      `An instruction's template must be a string that is not blank, not ${describe(template)}.`,
    );
  }
  for (const [, name = ""] of template.matchAll(placeholder)) {
    if (!placeholderNames.includes(name)) {
      throw invalidArgument(
        `The template has a placeholder {${name}} that nothing fills. Placeholders: ${listed(placeholderNames.map((known) => `{${known}}`))}.`,
      );
    }
  }
}

/**
 * Fills the placeholders of a template in one pass: filled-in values are not searched for placeholders.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` if the template needs a dataset and none is given
 */
export function renderTemplate(template: string, placeholders: Placeholders): string {
  return template.replace(placeholder, (text, name: string) => {
    if (name === "entityType") return placeholders.entityType;
    if (name !== "dataset") return text;
    if (placeholders.dataset === undefined) {
      throw invalidArgument(
        `The template ${describe(template)} names a dataset: pass the option \`dataset\`.`,
      );
    }
    return placeholders.dataset;
  });
}
