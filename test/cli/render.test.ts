import { describe, expect, test } from "@jest/globals";
import { printable, renderRecognized } from "../../lib/cli/render.js";
import { renderTable } from "../../lib/cli/table.js";
import type { Entity } from "../../lib/decoding/entities.js";

const text = "E. coli and\naspirin";
const entities: Entity[] = [
  { type: "Species", text: "E. coli", start: 0, end: 7, score: 0.98765, sentence: 0 },
  { type: "Gene", text: "coli", start: 3, end: 7, score: 0.5, sentence: 0 },
  { type: "Chemical", text: "and\naspirin", start: 8, end: 19, score: 1, sentence: 0 },
];

describe("renderRecognized", () => {
  test("marks the best of overlapping entities and lists all of them", () => {
    expect(renderRecognized({ text, entities }, false)).toBe(
      [
        "[E. coli](Species) [and\naspirin](Chemical)",
        "",
        "type      score  start  end  sentence  text",
        "Species   0.988      0    7         0  E. coli",
        "Gene      0.500      3    7         0  coli",
        "Chemical  1.000      8   19         0  and aspirin",
        "",
      ].join("\n"),
    );
  });

  test("says when there are no entities", () => {
    expect(renderRecognized({ text: "Nothing.\n", entities: [] }, false)).toBe("Nothing.\n\nNo entities.\n");
  });

  test("gives each type a colour", () => {
    const coloured = renderRecognized({ text, entities }, true);
    expect(coloured).toContain("\x1b[");
    expect(coloured).toContain("E. coli");
  });

  test("escapes control characters, so that a text cannot control the terminal", () => {
    expect(printable("a\x1b[31m\x07\r\n\tb\x7f\x9b")).toBe("a\u241b[31m\u2407\n\tb\u2421\ufffd");
  });
});

test("renderTable aligns columns without trailing spaces", () => {
  expect(
    renderTable(
      ["a", "long"],
      [
        ["xyz", "1"],
        ["", "10"],
      ],
      "lr",
      false,
    ),
  ).toBe("a    long\nxyz     1\n       10\n");
  expect(renderTable(["a", "b"], [["x", ""]], "ll", false)).toBe("a  b\nx\n");
});
