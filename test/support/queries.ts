import { expect } from "@jest/globals";
import { InstructionRegistry } from "../../lib/instructions/registry.js";
import { Knowledge } from "../../lib/recognizer/knowledge.js";
import { type RecognizeOptions, resolveQuery } from "../../lib/recognizer/query.js";

/** A model whose instruction names the type. */
export const instructed = {
  heads: ["*"],
  labels: ["O", "B", "I"],
  trained: ["ncbi:Disease", "BC5CDR-chem:Chemical", "BC5CDR-disease:Disease"],
  template: "{dataset} {entityType}",
  adaptiveTemplate: "any {entityType}",
};

/** The query of options, as a model with no more than what it knows resolves it. */
export function resolved(
  options: RecognizeOptions = {},
  info: ConstructorParameters<typeof Knowledge>[0] = instructed,
  registry = new InstructionRegistry(),
) {
  return resolveQuery(options, new Knowledge(info), registry);
}

/** An error with a code, whose message has all parts in their order. */
export function failing(code: string, ...parts: string[]) {
  return expect.objectContaining({ code, message: expect.stringMatching(new RegExp(parts.join("[^]*"))) });
}
