// @ts-check
/**
 * Cuts a text into entities and what lies between them.
 * @param {string} text
 * @param {readonly { type: string, start: number, end: number }[]} entities without overlaps, in order
 * @returns {{ text: string, type?: string }[]}
 */
export function cut(text, entities) {
  const parts = [];
  let at = 0;
  for (const { type, start, end } of entities) {
    parts.push({ text: text.slice(at, start) }, { text: text.slice(start, end), type });
    at = end;
  }
  return [...parts, { text: text.slice(at) }].filter((part) => part.text !== "");
}
