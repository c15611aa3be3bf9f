import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { segment } from "../../lib/text/segment.js";
import { oddText } from "../support/odd-text.js";

function sentencesOf(text: string): string[] {
  const { bounds, sentences } = segment(text);
  return Array.from({ length: sentences.length - 1 }, (_, sentence) =>
    text.slice(
      bounds[2 * (sentences[sentence] as number)],
      bounds[2 * (sentences[sentence + 1] as number) - 1],
    ),
  );
}

/** `|` marks the sentence boundaries. */
function cut(marked: string) {
  const parts = marked.split("|");
  expect(sentencesOf(parts.join(""))).toEqual(parts.map((part) => part.trim()).filter((part) => part !== ""));
}

describe("findSentences", () => {
  test.each([
    "Aspirin helps. |It is cheap.",
    "Does it help? |Yes! |It does.",
    "No stop at the end",
    "It was seen (in mice). |We agree.",
    'He said "it works." |We agree.',
    "It works.” |We agree.",
    "It was low... |We waited.",
    "It was seen.[12,13] |We agree.",
    "It was seen in patients.12,13 |We agree.",
    "Levels fell. |α-Synuclein rose.",
    "Levels fell. |p53 rose. |c-Myc rose. |mRNA was seen.",
    "A mouse model. |von Willebrand factor is low.",
    "The dose was 5 mg. |12 patients died.",
    "病気です。|治療します。",
    "He had hepatitis B. |Patients with hepatitis C were excluded.",
    "The locus is near HLA-A. |Population studies followed.",
    "We used vitamin C. |The dose was low.",
  ])("splits %j", cut);

  test.each([
    "Bacteria, e.g. E. coli, were grown.",
    "Bacteria, i.e. Escherichia coli, were grown.",
    "See Fig. 2 and Figs. 3-5 for details.",
    "As shown by Smith et al. (2001), it works.",
    "As shown by Smith et al. [12] it works.",
    "Given i.v. or i.p. in mice vs. controls.",
    "It costs approx. 3.5 dollars, cf. Table 2.",
    "Dr. Smith and J. R. Jones saw S. aureus and E. Coli.",
    "The U.S. Food and Drug Administration approved it.",
    "The value was 0.05 (P < .001) at No. 5.",
    "Seen in 3 (0. 5%) of the patients.",
    "See (Feder, J. N., Proc. Natl. Acad. Sci. 1996. Vol. 3) for more.",
    "www.example.org is a site.",
    "He was ill. or so it seemed.",
    "The J.-P. Sartre clinic.",
    "It was published on Jan. 5 in vol. 3, pp. 7-9.",
    "Candida sp. isolates and Salmonella spp. Serovars.",
    "P. syringae pv. Tomato and X. campestris pv. 2 were grown.",
    "E. coli str. K-12 and str. Nissle were grown.",
    "Salmonella serovar. Typhimurium and Brucella bv. 1 grew.",
    "Fusarium oxysporum f. sp. Lycopersici and f.sp. Cubense grew.",
    "Bacillus subtilis subsp. Spizizenii and Brassica var. Italica grew.",
    "Pseudomonas sp. PA14 and Bacillus spp. ATCC 14579 were seen.",
    "Ms. Smith, Mr. Jones and Mrs. Li met Dr. St. John, cf. Table 2.",
    "DR. SMITH AND MS. JONES SAW ST. JOHN, CF. FIG. 2.",
    "HE WAS IN ROOM NO. 5, SEE PP. 7-9 OF VOL. 2.",
    "It was measured (Cf. Table 2) ca. 20 times, No. 5.",
  ])("does not split %j", cut);

  test.each([
    "He has CF. |Lung function fell.",
    "He has MS. |Mice were used.",
    "We saw severe MR. |Surgery followed. |We used MRS. |Glucose fell.",
    "It was seen in DR. |Retinal images were read.",
    "It releases NO. |12 mice died.",
    "It was genotyped by STR. |Strains differed.",
    "She had BV. |Vaginal swabs were taken.",
    "Scans of patients with MS. |MRI was used.",
    "The delay was 20 ms. |Mice responded.",
    "MS. |Mice were used.",
    "The channel lets in Ca. |Muscles contract.",
    "It is a new serovar. |The strain grew.",
  ])("compares abbreviations with their case: %j", cut);

  test.each([
    "As shown by Smith et al. |The dose was low.",
    "Given i.v. |The dose was low.",
    "Pain, fever, etc. |In all patients it passed.",
  ])("splits after an abbreviation that ends the sentence: %j", cut);

  test("a blank line ends a sentence, a single line break does not", () => {
    cut("Patients with breast\ncancer were seen");
    cut("Patients with breast\r\ncancer were seen");
    cut("First part\n\n|second part\r\n \t\r\n|third part\r\r|fourth part");
    cut("First part\u2029|second part");
  });

  test("a heading on its own line is a sentence", () => {
    cut("INTRODUCTION\n|Asthma is common. |It is chronic.");
    cut("Asthma is common.\n|2.1. Materials and methods:\n|We saw patients.");
    cut("## Breast cancer\n|It is common.");
    cut("Conclusions\n|It is common.");
  });

  test("lines in capitals are not headings if the whole text is in capitals", () => {
    cut("PATIENT HAS VON\nWILLEBRAND DISEASE");
    cut("Patients with IGA\nnephropathy were seen");
  });

  test("enumeration numbers and letters belong to the item that follows", () => {
    cut("1. Aspirin was given. |2. Ibuprofen was given.");
    cut("A. Aspirin was given.\n\n|IV. Results");
  });

  test("an unclosed bracket does not swallow the rest of the text", () => {
    const filler = "word ".repeat(60);
    cut(`It (was ${filler}seen. |We agree.`);
  });

  test.each([
    ["letters beyond Latin-1", "", "α"],
    ["a letter under marks", "e", "\u0301"],
    ["capitals", "", "Α"],
    ["letters outside the basic plane", "", "𝒳"],
  ])("a word of five million code units is read as a short one: %s", (_what, first, rest) => {
    const sentencesWith = (length: number) => {
      const word = first + rest.repeat(length / rest.length);
      return segment(`It fell. ${word} rose. It fell ${word}. ${word}. [1] ${word} (${word}). ${word}`)
        .sentences;
    };
    expect(sentencesWith(5_000_000)).toEqual(sentencesWith(50));
  });

  test("a long word before a stop may have thousands of citations behind it", () => {
    const word = "disease".repeat(1000);
    expect(segment(`${word}.1${",1".repeat(30_000)} The dose was low.`).sentences).toEqual([
      0, 60_003, 60_008,
    ]);
  });

  test("an empty text has no sentences", () => {
    expect(sentencesOf("")).toEqual([]);
    expect(sentencesOf(" \n\n ")).toEqual([]);
    expect([...segment("").sentences]).toEqual([0]);
  });

  test("every word is in exactly one sentence and no sentence is empty, for any text", () => {
    fc.assert(
      fc.property(oddText(80), (text) => {
        const { bounds, sentences } = segment(text);
        const count = bounds.length / 2;
        if (count > 0) expect(sentences[0]).toBe(0);
        expect(sentences.at(-1)).toBe(count);
        for (let sentence = 1; sentence < sentences.length; sentence++) {
          expect(sentences[sentence]).toBeGreaterThan(sentences[sentence - 1] as number);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
