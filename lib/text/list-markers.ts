/** Signs that open an item of a list wherever they open a line. */
const bullets = "•‣⁃∙◦▪▫●○■□◆◇►▶➢✓✔·";
/** Signs that open an item if white space follows; in wrapped prose they may open a line by chance. */
const dashes = "-–—−*+";

const ordered = /^(\(?)(?:(\d{1,3}(?:\.\d{1,2}){0,3})|([a-z]|[ivxlc]{2,7}))([.)])$/i;

const romanDigits: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10, l: 50, c: 100 };

/** What opens an item of a list, such as `2.`, `(b)`, `iv)` or a bullet. */
export interface ListMarker {
  /** Items of one list have markers of the same style. */
  readonly style: string;
  /** Whether the sign alone makes the line an item. */
  readonly certain: boolean;
  /** Values that the marker may have in its list: a letter may be a Roman number too. Empty for signs. */
  readonly values: readonly number[];
}

/**
 * Reads the marker at the start of a line.
 * @param lead the line's first characters, up to white space
 */
export function readListMarker(lead: string): ListMarker | undefined {
  const sign = lead.charAt(0);
  if (sign !== "" && bullets.includes(sign)) return { style: sign, certain: true, values: [] };
  if (lead.length === 1 && dashes.includes(sign)) return { style: sign, certain: false, values: [] };
  const [, open = "", number, letters = "", close = ""] = ordered.exec(lead) ?? [];
  if (close === "" || (open !== "" && close !== ")")) return undefined;
  if (number !== undefined) {
    const levels = number.split(".");
    return { style: `${open}1${close}${levels.length}`, certain: false, values: [Number(levels.at(-1))] };
  }
  const lower = letters.toLowerCase();
  const values = [...(lower.length === 1 ? [lower.charCodeAt(0) - 0x60] : []), ...romanValue(lower)];
  return { style: `${open}${lower === letters ? "a" : "A"}${close}`, certain: false, values };
}

/** Whether a marker can follow another one in a list. Lists in Markdown may number every item `1.`. */
export function follows(next: ListMarker, last: ListMarker): boolean {
  if (next.style !== last.style) return false;
  if (next.values.length === 0) return true;
  const repeats = next.style.includes("1") && next.values[0] === last.values[0];
  return repeats || next.values.some((value) => last.values.includes(value - 1));
}

function romanValue(letters: string): number[] {
  const digits = [...letters].map((letter) => romanDigits[letter] ?? 0);
  if (digits.includes(0)) return [];
  return [digits.reduce((sum, digit, at) => sum + (digit < (digits[at + 1] ?? 0) ? -digit : digit), 0)];
}
