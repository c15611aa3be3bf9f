import type { Instruction } from "./template.js";

/**
 * VANER's instruction for a text of a known dataset.
 * Source: VANER's published code, with the dataset names of {@link vanerDatasets}.
 */
export const vanerInstruction: Instruction = {
  id: "vaner",
  version: 1,
  template: "If any {entityType} entity is mentioned in the {dataset} input, extract it. ##input: ",
};

/** VANER's instruction for a text of no particular dataset. Source: VANER's published code. */
export const vanerAdaptiveInstruction: Instruction = {
  id: "vaner-adaptive",
  version: 1,
  template: "If any {entityType} entity is mentioned in the input, extract it. ##input: ",
};

/** VANER's training datasets, each with its entity type. Source: VANER's published code. */
export const vanerDatasets: Readonly<Record<string, string>> = {
  ncbi: "Disease",
  "BC5CDR-disease": "Disease",
  "BC5CDR-chem": "Chemical",
  BC4CHEMD: "Chemical",
  BC2GM: "Gene",
  JNLPBA: "Gene",
  linnaeus: "Species",
  s800: "Species",
};
