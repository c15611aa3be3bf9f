import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Document } from "../../lib/documents/document.js";
import { displacy } from "../../lib/documents/formats/pictures/displacy.js";
import { html } from "../../lib/documents/formats/pictures/html.js";
import { linesOf } from "../../lib/documents/formats/pictures/lines.js";
import { inLanes } from "../../lib/documents/formats/pictures/marks.js";
import { svg } from "../../lib/documents/formats/pictures/svg.js";
import { xmlRecords } from "../../lib/documents/formats/xml/records.js";
import { writeAll } from "./support.js";

const text = "💊 <b>breast</b> & ovarian cancer";
const document: Document = {
  id: "1 < 2",
  passages: [
    {
      type: "title",
      text,
      annotations: [
        {
          type: "Disease",
          ranges: [
            { start: 6, end: 12 },
            { start: 27, end: 33 },
          ],
          score: 0.9,
        },
        { type: "Disease", ranges: [{ start: 19, end: 33 }], identifiers: ["MESH:D010051"] },
      ],
    },
    { type: "", text: "Gout.", annotations: [{ type: '"><script>', ranges: [{ start: 0, end: 4 }] }] },
  ],
};

test("displaCy JSON has offsets in code points, by start", () => {
  const [first, second] = JSON.parse(writeAll(displacy, [document, { id: "2", passages: [] }]));
  const points = Array.from(first.text);
  const found = first.ents.map(({ start, end, label }: { start: number; end: number; label: string }) => [
    points.slice(start, end).join(""),
    label,
  ]);
  expect(found).toEqual([
    ["breast", "Disease"],
    ["ovarian cancer", "Disease"],
    ["cancer", "Disease"],
    ["Gout", '"><script>'],
  ]);
  expect([first.title, second]).toEqual(["1 < 2", { text: "", ents: [], title: "2" }]);
  expect(JSON.parse(writeAll(displacy, []))).toEqual([]);
});

describe("an HTML page", () => {
  const page = writeAll(html, [document]);

  test("shows nested mentions in lanes, with places and scores on hover", () => {
    expect(page).toContain('title="Disease: 6–12, part 1 of 2, score 0.900">breast</mark>');
    expect(page).toContain('<small class="c0">Disease …</small>');
    expect(page).toContain(
      'title="Disease: 19–33, MESH:D010051\nDisease: 27–33, part 2 of 2, score 0.900">cancer</mark></mark>',
    );
    expect(page).toContain('<p dir="auto" style="--lanes:1">');
  });

  test("never reads text as markup, and loads nothing", () => {
    expect(page).toContain("&#60;b&#62;");
    expect(page).not.toMatch(/<script|<link|<img|\bsrc=|url\(|http:|https:/);
  });

  test("has the text, whatever the marks", () => {
    fc.assert(
      fc.property(arbitraryDocument, (each) => {
        const [, body = ""] = /<p[^>]*>(.*)<\/p>/s.exec(writeAll(html, [each])) ?? [];
        const shown = body.replace(/<small.*?<\/small>/g, "").replace(/<[^>]*>/g, "");
        const read = shown.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
        expect(read).toBe(each.passages[0]?.text);
      }),
    );
  });
});

/** A document of mentions within each other. */
function nested(mentions: number): Document {
  const annotations = Array.from({ length: mentions }, (_, index) => ({
    type: "Disease",
    ranges: [{ start: index, end: 3 * mentions - index }],
  }));
  return { id: "1", passages: [{ type: "", text: "a".repeat(3 * mentions), annotations }] };
}

test("mentions within each other take space in proportion to their pairs", () => {
  const [few, many] = [20, 80].map((count) => writeAll(html, [nested(count)]).length);
  expect(many).toBeLessThan(16 * (few ?? 0));
});

test("too many mentions over too many lines are an error", () => {
  const text = "gout\n".repeat(5000);
  const annotations = Array(50).fill({ type: "Disease", ranges: [{ start: 0, end: text.length }] });
  const overLines = { id: "1", passages: [{ type: "", text, annotations }] };
  expect(() => writeAll(svg, [overLines])).toThrow("Too many mentions share text");
  expect(writeAll(html, [overLines])).toContain("</html>");
});

test.each([html, svg])("too many of them are an error: $name", (format) => {
  for (const mentions of [900, 5000])
    expect(() => writeAll(format, [nested(mentions)])).toThrow("Too many mentions share text");
});

describe("an SVG picture", () => {
  test("is well-formed XML, whatever the text", async () => {
    const unit = fc.constantFrom("a", "💊", "<", "&", '"', "\0", "\u001b", "\uffff", " ", "\n", "\t");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 300 }), async (content) => {
        const annotations =
          content.length > 0 ? [{ type: content, ranges: [{ start: 0, end: content.length }] }] : [];
        const all = writeAll(svg, [{ id: content, passages: [{ type: "", text: content, annotations }] }]);
        const input = {
          name: "a.svg",
          text: (async function* () {
            yield all;
          })(),
        };
        const roots: string[] = [];
        for await (const { element } of xmlRecords(input, "svg")) roots.push(element.name);
        expect(roots).toEqual(["svg"]);
      }),
      { numRuns: 30 },
    );
  });

  test("names each mention once and marks all its lines", () => {
    const long = "word ".repeat(40).trim();
    const annotations = [{ type: "Long", ranges: [{ start: 0, end: long.length }] }];
    const all = writeAll(svg, [{ id: "", passages: [{ type: "", text: long, annotations }] }]);
    expect(all.match(/>Long<\/text>/g)).toHaveLength(1);
    expect(all.match(/class="c0 mark"/g)).toHaveLength(3);
  });

  test("refuses more documents than a picture can show", () => {
    const many = Array.from({ length: 1001 }, () => document);
    expect(() => writeAll(svg, many)).toThrow("An SVG picture holds 1000 documents");
  });
});

const arbitraryDocument = fc
  .string({ unit: fc.constantFrom("a", "b", "&", "<", " ", "💊"), minLength: 1, maxLength: 40 })
  .chain((content) => {
    const range = fc
      .tuple(fc.nat(content.length - 1), fc.integer({ min: 1, max: content.length }))
      .map(([start, length]) => ({ start, end: Math.min(content.length, start + length) }));
    const annotation = fc.record({ type: fc.constantFrom("A", "B"), ranges: range.map((one) => [one]) });
    return fc
      .array(annotation, { maxLength: 6 })
      .map((annotations): Document => ({ id: "x", passages: [{ type: "", text: content, annotations }] }));
  });

test("marks of one lane share no text", () => {
  fc.assert(
    fc.property(arbitraryDocument, ({ passages }) => {
      const ranges = passages.flatMap(({ annotations }) => annotations.flatMap((each) => each.ranges));
      const laned = inLanes([...ranges].sort((a, b) => a.start - b.start));
      for (const [index, a] of laned.entries()) {
        for (const b of laned.slice(index + 1)) {
          expect(a.lane !== b.lane || a.end <= b.start).toBe(true);
        }
      }
    }),
  );
});

test("lines hold all of a text but its line ends", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "💊") }), (content) => {
      const lines = [...linesOf(content, 7)].map(({ start, end }) => content.slice(start, end));
      expect(lines.join("")).toBe(content.replaceAll("\n", ""));
      expect(lines.every((line) => Array.from(line).length <= 7)).toBe(true);
    }),
  );
});
