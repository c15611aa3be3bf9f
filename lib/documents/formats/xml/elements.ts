import { VanerError } from "../../../errors.js";
import type { XmlElement } from "./records.js";

/** The child elements of these names, in their order; all if none is named. */
export function childrenOf({ children }: XmlElement, ...names: readonly string[]): XmlElement[] {
  return children.filter(
    (child): child is XmlElement =>
      typeof child !== "string" && (names.length === 0 || names.includes(child.name)),
  );
}

/** The first child of this name. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return childrenOf(element, name)[0];
}

/** All text within an element, but for that of the elements with these names. */
export function textOf(element: XmlElement, without: readonly string[] = []): string {
  const texts: string[] = [];
  const pending: (XmlElement | string)[] = [element];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === "string") texts.push(next);
    else if (!without.includes(next.name)) {
      for (let index = next.children.length - 1; index >= 0; index--) {
        pending.push(next.children[index] as XmlElement | string);
      }
    }
  }
  return texts.join("");
}

/** A text in which line breaks, with the indentation around them, are single spaces. */
export function unwrap(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}

/**
 * A text as XML writes it.
 * @throws {VanerError} `ERR_VANER_DOCUMENT` for a character that XML cannot hold
 */
export function escapeXml(text: string): string {
  const [forbidden] = forbiddenPattern.exec(text) ?? [];
  if (forbidden !== undefined) {
    const code = forbidden.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    throw new VanerError(
      "ERR_VANER_DOCUMENT",
      `XML cannot hold the character U+${code}: write JSON, or remove it.`,
    );
  }
  return text.replace(/[<>&"\r]/g, (sign) => escapes[sign] ?? sign);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 leaves out
const forbiddenPattern = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/;
const escapes: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
  "\r": "&#13;",
};
