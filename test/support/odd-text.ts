import fc from "fast-check";

/** Strings of biomedical texts and of hostile callers. */
const pieces = [
  "aspirin",
  "β-catenin",
  "α",
  "Ångström",
  "naïve",
  "e\u0301tude", // combining acute accent
  "\u0301", // a mark without a letter
  "x\u0323\u0307", // two marks
  "ﬁbrosis", // ligature
  "TNF-α/IL-6",
  "p53",
  "10⁻⁶",
  "½",
  "asthma¹",
  "²³",
  "¹²³I",
  "Ⅳ",
  "₂",
  "日本語",
  "مرض",
  "हृदय",
  "😀",
  "👩🏽‍⚕️", // emoji with skin tone, joiner and variation selector
  "𝒳𝒴", // letters outside the basic plane
  "𐐷",
  "\ud83d", // a high surrogate alone
  "\ude00", // a low surrogate alone
  "\ude00\ud83d", // the wrong way round
  "\u200b", // zero width space
  "\u200d",
  "\ufeff",
  "\u00a0",
  "\u00ad",
  "\0",
  "\x1b[31m",
  "\t",
  "\r\n",
  "\n",
  "\n\n",
  "\r",
  "\u2028",
  "\u2029",
  " ",
  "  ",
  ".",
  ". ",
  "...",
  "? ",
  "! ",
  "e.g. ",
  "E. coli ",
  "Fig. 2 ",
  "et al. ",
  "i.v. ",
  "3.14",
  "(",
  ")",
  "[12]",
  "[",
  '"',
  "”",
  "'",
  "-",
  ",",
  ":",
  "The ",
  "RESULTS\n",
  "1. ",
] as const;

/** Texts of odd pieces and arbitrary characters. */
export function oddText(maxLength = 40): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...pieces) },
    { weight: 2, arbitrary: fc.constantFrom("a", "B", "7", " ") },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) },
  );
  return fc.array(piece, { maxLength }).map((parts) => parts.join(""));
}
