import { describe, expect, it } from "@jest/globals";
import { ConfigObject } from "../../../lib/convert/checkpoint/config-object.js";
import type { JsonObject } from "../../../lib/convert/checkpoint/json.js";
import { readLabels, vanerLabels } from "../../../lib/convert/heads/labels.js";

const file = "folder/config.json";
const labelsOf = (config: JsonObject, rows: number, given?: readonly string[], usual?: readonly string[]) =>
  readLabels({ config: new ConfigObject(file, config), given, usual }, rows, file);
const named = (...names: string[]) => ({ id2label: Object.fromEntries(names.entries()) });

describe("readLabels", () => {
  it.each([
    { names: ["O", "B", "I"], labels: ["O", "B", "I"], tagging: "BIO", type: undefined },
    { names: ["O", "I", "B", "E"], labels: ["O", "I", "B", "E"], tagging: "BIOE", type: undefined },
    { names: ["B-Disease", "I-Disease", "O"], labels: ["B", "I", "O"], tagging: "BIO", type: "Disease" },
    {
      names: ["O", "B_Cell line", "I_Cell line"],
      labels: ["O", "B", "I"],
      tagging: "BIO",
      type: "Cell line",
    },
    {
      names: ["O", "B-biomedical", "I-biomedical"],
      labels: ["O", "B", "I"],
      tagging: "BIO",
      type: undefined,
    },
  ])("reads $names", ({ names, ...expected }) => {
    expect(labelsOf(named(...names), names.length)).toEqual(expected);
  });

  it("reads a type of millions of letters", () => {
    const type = "α".repeat(20_000_000);
    expect(labelsOf(named("O", `B-${type}`, `I-${type}`), 3).type).toBe(type);
  });

  it("uses VANER's order for its heads without names, or with placeholders", () => {
    const vaner = { labels: ["O", "B", "I"], tagging: "BIO", type: undefined };
    expect(labelsOf({}, 3, undefined, vanerLabels)).toEqual(vaner);
    expect(labelsOf(named("LABEL_0", "LABEL_1", "LABEL_2"), 3, undefined, vanerLabels)).toEqual(vaner);
    expect(labelsOf(named("LABEL_0", "LABEL_1"), 3, undefined, vanerLabels)).toEqual(vaner);
  });

  it("prefers the labels of the caller", () => {
    const { labels } = labelsOf(named("O", "B", "I"), 3, ["O", "I", "B"], undefined);
    expect(labels).toEqual(["O", "I", "B"]);
  });

  it.each([
    {
      why: "several types",
      config: named("O", "B-Gene", "I-Gene", "B-Drug", "I-Drug"),
      rows: 5,
      says: '"Gene"',
    },
    { why: "no tags", config: named("negative", "positive", "neutral"), rows: 3, says: '"negative"' },
    { why: "a tag twice", config: named("O", "B", "B"), rows: 3, says: "each once" },
    { why: "a typed O", config: named("O-Gene", "B-Gene", "I-Gene"), rows: 3, says: '"O-Gene"' },
    { why: "too few names", config: named("O", "B", "I"), rows: 4, says: "4 rows" },
    { why: "no names for four rows", config: {}, rows: 4, says: "--labels" },
    { why: "placeholders", config: named("LABEL_0", "LABEL_1", "LABEL_2"), rows: 3, says: "--labels" },
    { why: "a placeholder", config: { id2label: { 0: "O", 2: "B", 3: "I" } }, rows: 3, says: "row 1" },
    { why: "no object", config: { id2label: ["O", "B", "I"] }, rows: 3, says: "id2label" },
    { why: "numbers", config: { id2label: { 0: 1, 1: 2, 2: 3 } }, rows: 3, says: "row 0" },
  ])("rejects $why", ({ config, rows, says }) => {
    expect(() => labelsOf(config, rows)).toThrow(
      expect.objectContaining({ code: "ERR_VANER_CHECKPOINT", message: expect.stringContaining(says) }),
    );
  });
});
