import pc from "picocolors";
import { finish } from "../async/steps.js";
import type { Entity } from "../decoding/entities.js";
import { mergeEntities } from "../decoding/overlaps.js";
import type { RecognizedText } from "../recognizer/stream.js";
import { renderTable } from "./table.js";

const palette = ["cyan", "green", "yellow", "magenta", "blue", "red"] as const;

/**
 * Renders a text for people: the text with its entities marked, by colour or by brackets, and a table of them. Of
 * overlapping entities the text shows the best one; the table has all.
 */
export function renderRecognized({ text, entities }: RecognizedText, colour: boolean): string {
  const marked = markEntities(text, finish(mergeEntities([entities], "resolve")), colour);
  const body = marked.endsWith("\n") ? marked : `${marked}\n`;
  return `${body}\n${entities.length > 0 ? entityTable(entities, colour) : "No entities.\n"}`;
}

/** Names the file of the text below, as `head` and `tail` do. */
export function renderHeading(file: string, colour: boolean): string {
  const name = file === "-" ? "standard input" : printable(file).replace(/\s+/g, " ");
  return `${pc.createColors(colour).bold(`==> ${name} <==`)}\n`;
}

function markEntities(text: string, entities: readonly Entity[], colour: boolean): string {
  const paint = painter(entities, colour);
  let rendered = "";
  let at = 0;
  for (const { start, end, type } of entities) {
    rendered += `${printable(text.slice(at, start))}${paint(type, printable(text.slice(start, end)))}`;
    at = end;
  }
  return rendered + printable(text.slice(at));
}

function painter(entities: readonly Entity[], colour: boolean): (type: string, mention: string) => string {
  if (!colour) return (type, mention) => `[${mention}](${type})`;
  const colours = pc.createColors(true);
  const types = [...new Set(entities.map(({ type }) => type))].sort();
  return (type, mention) => {
    const tint = colours[palette[types.indexOf(type) % palette.length] ?? "cyan"];
    return `${colours.bold(colours.underline(tint(mention)))} ${colours.dim(tint(type))}`;
  };
}

function entityTable(entities: readonly Entity[], colour: boolean): string {
  const rows = entities.map(({ type, score, start, end, sentence, text }) => [
    type,
    score.toFixed(3),
    String(start),
    String(end),
    String(sentence),
    printable(text).replace(/\s+/g, " "),
  ]);
  return renderTable(["type", "score", "start", "end", "sentence", "text"], rows, "lrrrrl", colour);
}

/** Replaces control characters by visible ones, so that a text cannot control the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (char) => {
    const code = char.charCodeAt(0);
    if (char === "\r") return "";
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}
