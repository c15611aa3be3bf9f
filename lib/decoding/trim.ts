/** A stretch of a text, in UTF-16 code units. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

const stripped = /[\s,.-]/;

/** The other half of each bracket. */
const partners: Readonly<Record<string, string>> = {
  "(": ")",
  ")": "(",
  "[": "]",
  "]": "[",
  "{": "}",
  "}": "{",
};

/**
 * Takes off a stretch's ends what tokens carry along but mentions do not: white space, commas, full
 * stops, hyphens, and brackets whose other half is not within. Source: VANER2's published code, which
 * does one round of it and knows no other white space than spaces and line feeds; here nothing of the
 * kind is left.
 * @returns an empty stretch where nothing is left
 */
export function trimStretch(text: string, { start, end }: Stretch): Stretch {
  // How many of each bracket are within: a search for every bracket would take a row of them squared.
  const within = new Map<string, number>();
  for (let at = start; at < end; at++) count(within, text[at] as string, 1);

  const goes = (at: number) => {
    const char = text[at] as string;
    const partner = partners[char];
    const going = partner === undefined ? stripped.test(char) : !within.get(partner);
    if (going) count(within, char, -1);
    return going;
  };
  let from = start;
  let to = end;
  while (from < to && goes(from)) from++;
  while (from < to && goes(to - 1)) to--;
  return { start: from, end: to };
}

function count(within: Map<string, number>, char: string, change: number): void {
  if (char in partners) within.set(char, (within.get(char) ?? 0) + change);
}
