import { describe, expect, test } from "@jest/globals";
import { vanerAdaptiveInstruction, vanerDatasets, vanerInstruction } from "../../lib/instructions/builtin.js";
import { checkTemplate, hasPlaceholder, renderTemplate } from "../../lib/instructions/template.js";

describe("renderTemplate", () => {
  test("VANER's instructions equal those of its published code, including spaces", () => {
    expect(renderTemplate(vanerInstruction.template, { entityType: "Disease", dataset: "ncbi" })).toBe(
      "If any Disease entity is mentioned in the ncbi input, extract it. ##input: ",
    );
    expect(renderTemplate(vanerAdaptiveInstruction.template, { entityType: "Gene" })).toBe(
      "If any Gene entity is mentioned in the input, extract it. ##input: ",
    );
    expect(Object.keys(vanerDatasets)).toEqual([
      "ncbi",
      "BC5CDR-disease",
      "BC5CDR-chem",
      "BC4CHEMD",
      "BC2GM",
      "JNLPBA",
      "linnaeus",
      "s800",
    ]);
  });

  test("fills every placeholder once, and does not expand inserted values", () => {
    expect(
      renderTemplate("{entityType} {dataset} {entityType}", { entityType: "{dataset}", dataset: "$&" }),
    ).toBe("{dataset} $& {dataset}");
  });

  test("requires a dataset only if the template has the placeholder", () => {
    expect(renderTemplate("plain { } {}", { entityType: "X" })).toBe("plain { } {}");
    expect(() => renderTemplate("{dataset}", { entityType: "X" })).toThrow(
      expect.objectContaining({
        code: "ERR_VANER_INVALID_ARGUMENT",
        message: expect.stringContaining("`dataset`"),
      }),
    );
  });
});

describe("checkTemplate", () => {
  test.each(["{entityType}", "plain", "a {} b { c }", "{entityType} in {dataset}"])(
    "accepts %j",
    (template) => {
      expect(() => checkTemplate(template)).not.toThrow();
    },
  );

  test.each(["", "  ", "{type}", "{EntityType}", 3, null, undefined, {}])("rejects %j", (template) => {
    expect(() => checkTemplate(template)).toThrow(
      expect.objectContaining({ code: "ERR_VANER_INVALID_ARGUMENT" }),
    );
  });

  test("names the unknown placeholder and the known ones", () => {
    expect(() => checkTemplate("Find {what}.")).toThrow(/\{what\}.*\{entityType\}.*\{dataset\}/);
  });
});

test("hasPlaceholder", () => {
  expect(hasPlaceholder("{dataset}", "dataset")).toBe(true);
  expect(hasPlaceholder("dataset", "dataset")).toBe(false);
});
