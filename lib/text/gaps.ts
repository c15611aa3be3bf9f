/** White space between two words, by what it means. */
export const gap = { plain: 0, tab: 1, lineBreak: 2, blankLine: 3 } as const;

/**
 * Finds what is between a word and the next, in UTF-16 code units. CRLF is one line break, as is a form feed behind one
 * (pages end so); U+2029 ends a paragraph.
 * @param before what was found in front of `from`
 */
export function findGap(text: string, from: number, to: number, before: number): number {
  let found = before;
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x2029) return gap.blankLine;
    if (unit === 0x0c && found === gap.lineBreak) continue;
    if (isLineBreak(unit) && (unit !== 0x0d || text.charCodeAt(at + 1) !== 0x0a)) {
      if (found === gap.lineBreak) return gap.blankLine;
      found = gap.lineBreak;
    } else if (unit === 0x09 && found === gap.plain) {
      found = gap.tab;
    }
  }
  return found;
}

/** LF, VT, FF, CR, U+2028 or U+2029. */
export function isLineBreak(unit: number): boolean {
  return (unit >= 0x0a && unit <= 0x0d) || unit === 0x2028 || unit === 0x2029;
}
