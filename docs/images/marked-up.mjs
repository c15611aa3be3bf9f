// @ts-check
/**
 * Draws docs/images/marked-up.svg: abstract.txt with the entities that the default model finds in it.
 *
 * Usage, after `npm run build`: node docs/images/marked-up.mjs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Recognizer } from "vaner-native";

const width = 820;
const margin = 28;
const lineHeight = 38;
const text = { size: 16, advance: 9.6 };
const label = { size: 10, advance: 6.6 };
const padding = 6;
const background = "#ffffff";
const ink = "#1f2328";
/** @type {Record<string, { fill: string, ink: string }>} */
const colours = {
  Chemical: { fill: "#dbeafe", ink: "#1d4ed8" },
  Disease: { fill: "#fee2e2", ink: "#b91c1c" },
  Gene: { fill: "#dcfce7", ink: "#166534" },
  Species: { fill: "#fef3c7", ink: "#92400e" },
};

const abstract = readFileSync(new URL("abstract.txt", import.meta.url), "utf8").trim();
const recognizer = await Recognizer.load();
const entities = await recognizer.recognize(abstract);
await recognizer.dispose();

// Each character has a fixed advance: `textLength` makes every font keep to it.
/** @param {string} content @param {number} x @param {number} y @param {typeof text} font @param {string} style */
function drawText(content, x, y, font, style) {
  const length = (content.length * font.advance).toFixed(1);
  const escaped = content.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y}" font-size="${font.size}" textLength="${length}" ${style}>${escaped}</text>`;
}

/** Runs that no line break may cut: a word, or an entity with the punctuation behind it. */
function* runs() {
  let at = 0;
  for (const { start, end, type } of entities) {
    for (const word of abstract.slice(at, start).match(/\S+\s*|^\s+/g) ?? []) yield { plain: word };
    at = end + (/^\S*\s*/.exec(abstract.slice(end))?.[0].length ?? 0);
    yield { mention: abstract.slice(start, end), type, plain: abstract.slice(end, at) };
  }
  for (const word of abstract.slice(at).match(/\S+\s*/g) ?? []) yield { plain: word };
}

const shapes = [];
let x = margin;
let y = margin + 22;
for (const { mention = "", type = "", plain } of runs()) {
  const mentionWidth = mention.length * text.advance;
  const box = mention === "" ? 0 : mentionWidth + type.length * label.advance + 3 * padding;
  if (x + box + plain.trimEnd().length * text.advance > width - margin) {
    x = margin;
    y += lineHeight;
  }
  const colour = colours[type];
  if (colour) {
    shapes.push(
      `<rect x="${x.toFixed(1)}" y="${y - 19}" width="${box.toFixed(1)}" height="27" rx="5" fill="${colour.fill}"/>`,
      drawText(mention, x + padding, y, text, `fill="${ink}"`),
      drawText(
        type.toUpperCase(),
        x + 2 * padding + mentionWidth,
        y - 1,
        label,
        `fill="${colour.ink}" font-weight="700"`,
      ),
    );
  }
  if (plain.trim() !== "") shapes.push(drawText(plain.trimEnd(), x + box, y, text, `fill="${ink}"`));
  x += box + plain.length * text.advance;
}

const height = y + margin;
const svg = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
  `  role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace">`,
  "<title>An abstract with the entities that the default model finds in it</title>",
  `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${background}" stroke="#d0d7de"/>`,
  ...shapes,
  "</svg>",
];
writeFileSync(new URL("marked-up.svg", import.meta.url), `${svg.join("\n")}\n`);
