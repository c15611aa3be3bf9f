/** Parts of a JSON text, counted without parsing it. */
export interface JsonCounts {
  /** Deepest nesting of arrays and objects. */
  readonly depth: number;
  /** Arrays, objects and commas: bounds what parsing allocates. */
  readonly parts: number;
  /** Keys of all objects, repeated ones included. */
  readonly keys: number;
}

/**
 * Counts the parts of a JSON text in UTF-8. JSON.parse needs a hundred times the memory of a text of brackets alone,
 * and keeps only the last of several equal keys; the counts reveal both in advance. They mean nothing for a text that
 * is not JSON.
 */
export function scanJson(bytes: Uint8Array): JsonCounts {
  let [depth, open, parts, keys] = [0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case 0x22: // A string: up to the next quote that no backslash escapes.
        for (at++; at < bytes.length && bytes[at] !== 0x22; at++) if (bytes[at] === 0x5c) at++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        parts++;
        if (++open > depth) depth = open;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        open--;
        break;
      case 0x2c: // ,
        parts++;
        break;
      case 0x3a: // :
        keys++;
        break;
    }
  }
  return { depth, parts, keys };
}
