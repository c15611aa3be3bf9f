/** Signs that open an item of a list wherever they open a line. */
const bullets = "•‣⁃∙◦▪▫●○■□◆◇►▶➢✓✔·";
/** Signs that open an item if white space follows; in wrapped prose they may open a line by chance. */
const dashes = "-–—−*+";

const ordered = /^(\(?)(?:(\d{1,3}(?:\.\d{1,2}){0,3})|([a-z]|[ivxlc]{2,9})(?!:))([.):])$/i;
const numbered = /^(\[?)(\d{1,3})(\]?)$/;

const romanDigits: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10, l: 50, c: 100 };

/** What opens an item of a list, such as `2.`, `(b)`, `iv)`, `[3]` or a bullet. */
export interface ListMarker {
  /** Items of one list have markers of the same style. */
  readonly style: string;
  /** Whether the sign alone makes the line an item. */
  readonly certain: boolean;
  /** Whether it may be a number of the text, or a citation: `12`, `[12]`. */
  readonly bare: boolean;
  /** Values that the marker may have in its list: a letter may be a Roman number too. Empty for signs. */
  readonly values: readonly number[];
}

/**
 * Reads the marker at the start of a line.
 * @param lead the line's first characters, up to white space
 */
export function readListMarker(lead: string): ListMarker | undefined {
  const sign = lead.charAt(0);
  const kind = { certain: false, bare: false };
  if (sign !== "" && bullets.includes(sign)) return { ...kind, style: sign, certain: true, values: [] };
  if (lead.length === 1 && dashes.includes(sign)) return { ...kind, style: sign, values: [] };
  const [, left = "", bare, right = ""] = numbered.exec(lead) ?? [];
  if (bare !== undefined && left.length === right.length) {
    return { ...kind, style: `${left}1${right}`, bare: true, values: [Number(bare)] };
  }
  const [, open = "", number, letters = "", close = ""] = ordered.exec(lead) ?? [];
  if (close === "" || (open !== "" && close !== ")")) return undefined;
  if (number !== undefined) {
    const levels = number.split(".");
    return { ...kind, style: `${open}1${close}${levels.length}`, values: [Number(levels.at(-1))] };
  }
  const lower = letters.toLowerCase();
  const values = [...(lower.length === 1 ? [lower.charCodeAt(0) - 0x60] : []), ...romanValue(lower)];
  return { ...kind, style: `${open}${lower === letters ? "a" : "A"}${close}`, values };
}

/**
 * Whether a marker can follow another one in a list. Numbers in adjacent lines may be any: Markdown allows `1.` for every
 * item, and some may be left out.
 * @param adjacent whether no line is between them
 */
export function follows(next: ListMarker, last: ListMarker, adjacent: boolean): boolean {
  if (next.style !== last.style) return false;
  if (next.values.length === 0) return true;
  const repeats = next.values[0] === last.values[0];
  if (next.style.includes("1") && !next.bare && (adjacent || repeats)) return true;
  return next.values.some((value) => last.values.includes(value - 1));
}

function romanValue(letters: string): number[] {
  const digits = [...letters].map((letter) => romanDigits[letter] ?? 0);
  if (digits.includes(0)) return [];
  return [digits.reduce((sum, digit, at) => sum + (digit < (digits[at + 1] ?? 0) ? -digit : digit), 0)];
}
