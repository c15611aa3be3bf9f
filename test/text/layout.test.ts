import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { segment } from "../../lib/text/segment.js";
import { abstracts } from "../support/abstracts.js";
import { oddText } from "../support/odd-text.js";

function sentencesOf(text: string, lines?: boolean): string[] {
  const { bounds, sentences } = segment(text, undefined, lines);
  return Array.from({ length: sentences.length - 1 }, (_, sentence) =>
    text.slice(
      bounds[2 * (sentences[sentence] as number)],
      bounds[2 * (sentences[sentence + 1] as number) - 1],
    ),
  );
}

/** `¦` marks the sentence boundaries. */
function cut(marked: string, lines?: boolean) {
  const parts = marked.split("¦");
  const expected = parts.map((part) => part.trim()).filter((part) => part !== "");
  for (const lineBreak of ["\n", "\r\n", "\r", "\u2028", "\v", "\n\f"]) {
    const broken = (text: string) => text.replaceAll("\n", lineBreak);
    expect(sentencesOf(broken(parts.join("")), lines)).toEqual(expected.map(broken));
  }
}

/** Wraps as editors do: a line takes all words that fit. */
function wrapped(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(/\s+/)) {
    if (line.trim() !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line += line.trim() === "" ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}

const plain = (text: string) => text.replace(/\s+/g, " ");

const names = [
  "aspirin",
  "metformin",
  "lisinopril",
  "breast cancer",
  "acute lymphoblastic leukemia",
  "TP53",
  "EGFR",
  "carcinoma of the lung",
  "type 2 diabetes mellitus",
  "N-acetyl-p-aminophenol",
  "tumor necrosis factor alpha",
  "Homo sapiens",
  "von Willebrand disease",
  "asthma",
  "CD4",
  "hypertension",
];

const prose = fc
  .shuffledSubarray([...abstracts], { minLength: 1 })
  .map((texts) => texts.join(" "))
  .filter((text) => text.length > 200);

describe("lists", () => {
  test.each([
    "1. TP53\n¦2. EGFR\n¦3. KRAS",
    "1) TP53\n¦2) EGFR\n¦3) KRAS",
    "(a) asthma\n¦(b) COPD",
    "a. asthma\n¦b. lung cancer\n¦c. COPD",
    "i. asthma\n¦ii. lung cancer\n¦iii. COPD\n¦iv. croup\n¦v. cough",
    "I) asthma\n¦II) lung cancer",
    "- aspirin\n¦- metformin\n¦- lisinopril",
    "* aspirin\n¦* metformin",
    "– aspirin\n¦– metformin",
    "•aspirin\n¦• metformin\n¦•\tlisinopril",
    "1.\tTP53\n¦2.\tEGFR",
    "[1] TP53\n¦[2] EGFR",
    "1 TP53\n¦2 EGFR\n¦3 KRAS",
    "1: TP53\n¦2: EGFR\n¦3: KRAS",
    "Genes of patients:\n¦[7] TP53\n¦[8] EGFR",
    "• aspirin\n¦* type 2 diabetes mellitus\n¦- none",
    "1. aspirin\n¦2. metformin and insulin\n¦(iii) lisinopril",
    "2. aspirin\n¦5. metformin\n¦1. insulin",
    "A. asthma\n¦B. lung cancer\n¦C. cough",
    "  - aspirin 81 mg\n¦    - with food\n¦  - metformin",
    "The following genes were found in patients:\n¦1. TP53\n¦2. EGFR",
    "We saw many patients who were given these drugs:\n¦- aspirin and a very long explanation of it, which is wrapped\n  to the next line\n¦- metformin",
  ])("items with markers: %j", (text) => cut(text));

  test.each([
    "aspirin\n¦metformin\n¦lisinopril",
    "aspirin\n¦metformin",
    "TP53\n¦EGFR\n¦KRAS",
    "WAS\n¦BTK\n¦MET",
    "breast cancer\n¦lung cancer",
    "cancer of the lung\n¦asthma\n¦type 2 diabetes\n¦fear of heights",
    "hypertrophic obstructive cardiomyopathy\n¦acute lymphoblastic leukemia",
    "Diagnosis: asthma\n¦Drug: aspirin",
    "diabetes mellitus, type 2\n¦obesity\n¦asthma",
    "Drugs that the patients were given at home:\n¦aspirin\n¦metformin",
    "vitamin A\n¦vitamin B\n¦vitamin C",
    "E. coli\n¦S. aureus\n¦P. aeruginosa\n¦K. pneumoniae",
    "C. elegans\n¦D. melanogaster\n¦E. coli",
    "S. aureus\n¦S. epidermidis\n¦S. pyogenes",
  ])("names one a line: %j", (text) => cut(text));

  test("every name of a list is a sentence, whatever its order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: 4 }), (list) => {
        expect(sentencesOf(list.join("\n"))).toEqual(list);
        expect(sentencesOf(list.map((name) => `- ${name}`).join("\r\n"))).toEqual(
          list.map((name) => `- ${name}`),
        );
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    "It was seen in patients who were given vitamin\nB. ¦It was not seen in others after the treatment.",
    "We saw patients who had cancers of stage\n2. ¦The others were well and home.",
    "The patients - all of them from one place\n- were treated with aspirin for years.",
    "Patients with breast\ncancer were seen",
    "Patients were given aspirin, metformin,\nlisinopril, insulin, ibuprofen, heparin,\nwarfarin",
    "asthma, breast cancer, lung cancer, heart\nfailure, leukemia, diabetes",
    "cisplatin-\ninduced nephrotoxicity",
    "It was seen in patients and in mice by one group\n[12] and in many others who were treated as before\n[13] and later on.",
    "nephrotoxicity in\nmice",
    "mutations (EGFR\nand KRAS)",
    "We grew many strains of the worms and flies such as the\nC. elegans strain N2 and those of the well known\nD. melanogaster and of many others that were seen.",
  ])("no lists: %j", (text) => cut(text));
});

describe("tables", () => {
  test.each([
    "Gene\t¦Drug\n¦EGFR\t¦gefitinib",
    "Gene\t¦Drug\t¦Patients who were treated\n¦EGFR\t¦gefitinib\t¦of 12",
    "EGFR\t¦gefitinib",
    "1.\tEGFR\t¦gefitinib\n¦2.\tKRAS\t¦sotorasib",
    "| Gene |¦ Drug |\n¦|---|---|\n¦| EGFR |¦ gefitinib |",
    "Gene |¦ Drug\n¦EGFR |¦ gefitinib",
    "Gene  ¦Drug\n¦EGFR  ¦gefitinib\n¦KRAS  ¦sotorasib",
    "Gene        ¦Drug        ¦Dose\n¦EGFR        ¦gefitinib    ¦250\n¦BRAF V600E  ¦dabrafenib  ¦1000",
    "Patients who were treated:\n¦EGFR    ¦gefitinib\n¦KRAS    ¦sotorasib\n¦and other drugs",
    "Disease:      ¦breast cancer\n¦Given drugs:  ¦tamoxifen",
  ])("cells and rows: %j", (text) => cut(text));

  test("bars, wide spaces and indentation in prose", () => {
    cut("It was seen.  ¦Patients were\nill at home.  ¦Many of them\nhad it.");
    cut("It  was seen in patients who\nwere  ill at home and in many\nothers.");
    cut("The value of P(A | B) is low.");
    cut("\tIt was given to patients.");
    cut("It was given to patients who were ill and of whom we knew.\n¦\tIt was given.");
  });
});

describe("titles", () => {
  test.each([
    "Cisplatin nephrotoxicity in mice\n¦Cisplatin is a drug that is widely used against solid tumors in adults.",
    `Cisplatin nephrotoxicity in mice\n¦${wrapped("Cisplatin is a drug that is widely used against solid tumors in adults", 50)}`,
    `${wrapped("Nephrotoxicity of cisplatin and other drugs of platinum in mice", 50)}\n¦${wrapped("Cisplatin is a drug that is widely used against solid tumors in adults", 50)}`,
  ])("a title without a stop: %j", (text) => cut(text));

  test.each([
    "Protective effects of acetylcysteine and of other antioxidants",
    "Protective effects of acetylcysteine and of other antioxidants on kidneys of rats",
    "Protective effects of acetylcysteine and of other antioxidants on kidneys of mice and rats that were given cisplatin for weeks",
  ])("a title that is wider than the text: %j", (title) => {
    const text =
      "Patients were given Aspirin and Metformin in Vienna, Basel, Paris and London by the Medical Research " +
      "Council of Europe and Brussels, and many of those with Crohn and Hodgkin and Huntington disease were " +
      "seen by Dr. Smith at St. Mary in Oxford and the Royal Hospital there";
    expect(sentencesOf(`${title}\n${wrapped(text, 50)}`).map(plain)).toEqual([title, text]);
  });
});

describe("prose", () => {
  test("wrapped at any width it has the same sentences", () => {
    fc.assert(
      fc.property(
        prose,
        fc.integer({ min: 50, max: 130 }),
        fc.constantFrom("", "  ", "    "),
        (text, width, indent) => {
          expect(sentencesOf(wrapped(text, width, indent)).map(plain)).toEqual(sentencesOf(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("without line breaks and tabs the option changes nothing but `true`", () => {
    for (const text of abstracts) {
      expect(segment(text).cuts).toBeUndefined();
      expect(sentencesOf(text, false)).toEqual(sentencesOf(text));
      expect(sentencesOf(text, true)).toEqual([text]);
    }
  });
});

describe("the option", () => {
  test("`true`: every line is one sentence", () => {
    cut("Aspirin helps. It is cheap.\n¦and\n¦so on\n\n¦Patients with\n¦a\t¦b", true);
  });

  test("`false`: no line is a sentence, but blank lines end one", () => {
    cut("TP53\n- EGFR\n- KRAS", false);
    cut("aspirin\nmetformin\n\n¦INTRODUCTION\nGene\tDrug", false);
  });
});

describe("any text", () => {
  /** Text with many line breaks, markers and cells. */
  const laidOut = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "\n",
          "\n\n",
          "\r\n",
          "\r",
          "\u2029",
          "\t",
          " ",
          "  ",
          "- ",
          "1. ",
          "2) ",
          "(c) ",
          "iv. ",
          "| ",
          "• ",
        ),
        fc.constantFrom(...names),
        oddText(6),
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join(""));

  test("every word is in one sentence, and sentences end at cuts, blank lines and all others", () => {
    fc.assert(
      fc.property(laidOut, fc.constantFrom(undefined, true, false), (text, lines) => {
        const { bounds, sentences, cuts } = segment(text, undefined, lines);
        expect(sentences[0]).toBe(0);
        expect(sentences.at(-1)).toBe(bounds.length / 2);
        for (let at = 1; at < sentences.length; at++) {
          expect(sentences[at]).toBeGreaterThan(sentences[at - 1] as number);
        }
        for (let word = 0; word + 1 < bounds.length / 2; word++) {
          const between = text.slice(bounds[2 * word + 1], bounds[2 * word + 2]);
          const blank = /\u2029|(?:\r\n|\r(?!\n)|[\n\u2028])[^\S\r\n\u2028\u2029]*[\r\n\u2028\u2029]/.test(
            between,
          );
          if (blank || (lines === true && /[\r\n\u2028\t]/.test(between))) expect(cuts?.[word]).toBe(1);
          if (cuts?.[word]) expect(sentences).toContain(word + 1);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a form feed between pages is one line break", () => {
    const text = "It was seen in patients with breast\n\fcancer and in others who were well.";
    expect(sentencesOf(text)).toEqual([text]);
    expect(sentencesOf("asthma\fcough")).toEqual(["asthma", "cough"]);
    expect(sentencesOf("asthma is seen\n\n\fcough")).toEqual(["asthma is seen", "cough"]);
  });

  test("CRLF, CR and LF are the same", () => {
    fc.assert(
      fc.property(laidOut, (text) => {
        const unix = text.replace(/\r\n?/g, "\n");
        const sentences = segment(unix).sentences;
        expect(segment(unix.replaceAll("\n", "\r\n")).sentences).toEqual(sentences);
        expect(segment(unix.replaceAll("\n", "\r")).sentences).toEqual(sentences);
      }),
      { numRuns: 1000 },
    );
  });

  test("takes linear time", () => {
    for (const unit of ["a\n", "1. a\n", "a\t", "| a |\n", "(", "a b c d\n", "- ", "I.\n", "-\n"]) {
      const text = unit.repeat(Math.ceil(400_000 / unit.length));
      const started = performance.now();
      segment(text);
      expect(performance.now() - started).toBeLessThan(5000);
    }
  });
});
