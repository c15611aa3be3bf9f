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

  it.each([
    {
      names: ["O", "B-Gene", "I-Gene", "B-Drug", "I-Drug"],
      labels: ["O", "B-Gene", "I-Gene", "B-Drug", "I-Drug"],
      tagging: "BIO",
    },
    { names: ["O", "B-Gene", "I-Drug"], labels: ["O", "B-Gene", "I-Drug"], tagging: "BIO" },
    {
      names: ["o", "b-Gene", "i_Gene", "B-Drug"],
      labels: ["O", "B-Gene", "I-Gene", "B-Drug"],
      tagging: "BIO",
    },
    {
      names: ["Gene-B", "Gene_I", "O", "Drug-b"],
      labels: ["B-Gene", "I-Gene", "O", "B-Drug"],
      tagging: "BIO",
    },
    {
      names: ["O", "B-Gene", "I-Gene", "E-Drug"],
      labels: ["O", "B-Gene", "I-Gene", "E-Drug"],
      tagging: "BIOE",
    },
    {
      names: ["O", "B-Gene", "I-Gene", "L-Gene", "U-Gene"],
      labels: ["O", "B-Gene", "I-Gene", "E-Gene", "S-Gene"],
      tagging: "BIOES",
    },
    { names: ["O", "Gene", "cell_line"], labels: ["O", "I-Gene", "I-cell_line"], tagging: "IO" },
    { names: ["O", "Gene"], labels: ["O", "I-Gene"], tagging: "IO" },
    { names: ["O", "I-B-cell", "I-T-cell"], labels: ["O", "I-B-cell", "I-T-cell"], tagging: "IO" },
    {
      names: ["O", "B-Gene", "I-Gene", "O", "O"],
      labels: ["O", "B-Gene", "I-Gene", "O", "O"],
      tagging: "BIO",
    },
    { names: ["O", "B/Gene", "I:Drug"], labels: ["O", "B-Gene", "I-Drug"], tagging: "BIO" },
    { names: ["O", "B-+", "I-+"], labels: ["O", "B-+", "I-+"], tagging: "BIO" },
  ])("reads $names as tags of types", ({ names, ...expected }) => {
    expect(labelsOf(named(...names), names.length)).toEqual({ ...expected, type: "+" });
  });

  it("adds the type to labels that name none", () => {
    const sources = { given: ["O", "B", "I", "L", "U"], entityType: "Gene" };
    expect(readLabels(sources, 5, file)).toEqual({
      labels: ["O", "B-Gene", "I-Gene", "E-Gene", "S-Gene"],
      tagging: "BIOES",
      type: "+",
    });
    expect(() => readLabels({ given: sources.given }, 5, file)).toThrow(/--entity-type/);
  });

  it("adds the type to labels of tokens, except where the instruction decides", () => {
    const given = ["O", "I", "B"];
    const typed = { labels: ["O", "I-Gene", "B-Gene"], tagging: "BIO", type: "+" };
    expect(readLabels({ given, entityType: "Gene", tagTokens: true }, 3, file)).toEqual(typed);
    expect(readLabels({ given, tagTokens: true }, 3, file)).toEqual({
      labels: given,
      tagging: "BIO",
      type: undefined,
    });
  });

  it("leaves the type to an instruction only where there may be one", () => {
    const given = ["O", "B", "I"];
    expect(readLabels({ given }, 3, file).type).toBeUndefined();
    expect(() => readLabels({ given, needsType: true }, 3, file)).toThrow(/--entity-type Disease/);
    expect(readLabels({ given, needsType: true, entityType: "Gene" }, 3, file).labels).toEqual(given);
    expect(
      readLabels({ given: ["O", "B-biomedical", "I-biomedical"], needsType: true }, 3, file).type,
    ).toBeUndefined();
  });

  it("takes a type that looks like no type from the caller alone", () => {
    expect(labelsOf({}, 2, ["O", "X"]).labels).toEqual(["O", "I-X"]);
    expect(() => labelsOf(named("O", "X"), 2)).toThrow(/"X".*--labels/);
  });

  it("rejects another type than that of the labels", () => {
    const config = new ConfigObject(file, named("O", "B-Gene", "I-Gene", "B-Drug"));
    expect(() => readLabels({ config, entityType: "Gene" }, 4, file)).toThrow(
      /"Gene", "Drug".*--entity-type/,
    );
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
    { why: "two spellings", config: named("O", "B-Gene", "I-Gene", "Drug-B"), rows: 4, says: '"Drug-B"' },
    { why: "types and tags", config: named("O", "B-Gene", "I-Gene", "Drug"), rows: 4, says: '"Drug"' },
    {
      why: "labels of padding",
      config: named("[PAD]", "O", "B-Gene", "I-Gene", "X"),
      rows: 5,
      says: '--labels "O,O,B-Gene,I-Gene,O"',
    },
    { why: "a placeholder among types", config: named("O", "LABEL_1", "Gene"), rows: 3, says: '"LABEL_1"' },
    { why: "no O", config: named("B-Gene", "I-Gene", "B-Drug"), rows: 3, says: "with O in its place" },
    {
      why: "too many rows",
      config: named(...Array<string>(5000).fill("O")),
      rows: 5000,
      says: "at most 4096",
    },
    { why: "nothing but O", config: named("O", "O"), rows: 2, says: "--labels" },
    { why: "tags without a type", config: named("O", "B-", "I-"), rows: 3, says: '"B-", "I-"' },
    { why: "a NUL", config: named("O", "B-G\0", "I-G\0"), rows: 3, says: "which no GGUF file can hold" },
    { why: "half a pair", config: named("O", "\ud800", "X"), rows: 3, says: "half a surrogate pair" },
    { why: "an empty name", config: named("O", "B-Gene", ""), rows: 3, says: '""' },
    { why: "a tag of a type twice", config: named("O", "B-Gene", "b-Gene"), rows: 3, says: "each once" },
    { why: "no tags", config: named("negative", "positive", "neutral"), rows: 3, says: '"negative"' },
    { why: "a tag twice", config: named("O", "B", "B"), rows: 3, says: "each once" },
    { why: "a typed O", config: named("O-Gene", "B-Gene", "I-Gene"), rows: 3, says: '"O-Gene"' },
    { why: "too few names", config: named("O", "B", "I"), rows: 4, says: "4 rows" },
    { why: "no names for four rows", config: {}, rows: 4, says: "--labels O,B-Disease,I-Disease" },
    { why: "no names for two rows", config: {}, rows: 2, says: "--labels O,Disease" },
    { why: "placeholders", config: named("LABEL_0", "LABEL_1", "LABEL_2"), rows: 3, says: "--labels" },
    {
      why: "a placeholder",
      config: { id2label: { 0: "O", 2: "B", 3: "I" } },
      rows: 3,
      says: "row 1. Name all",
    },
    { why: "no object", config: { id2label: ["O", "B", "I"] }, rows: 3, says: "id2label" },
    { why: "numbers", config: { id2label: { 0: 1, 1: 2, 2: 3 } }, rows: 3, says: "row 0" },
  ])("rejects $why", ({ config, rows, says }) => {
    expect(() => labelsOf(config, rows)).toThrow(
      expect.objectContaining({ code: "ERR_VANER_CHECKPOINT", message: expect.stringContaining(says) }),
    );
  });
});
