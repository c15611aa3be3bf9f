import { readFileSync } from "node:fs";

const subjects = [
  "cisplatin",
  "patients with rheumatoid arthritis",
  "mutations of BRCA1",
  "Escherichia coli K-12",
  "tumour necrosis factor-α",
  "oral tamoxifen (20 mg/day)",
  "the p53 protein",
  "male Sprague-Dawley rats",
  "familial hypercholesterolaemia",
  "Arabidopsis thaliana WRKY33",
  "interleukin-6 and NF-κB",
  "a child with ataxia-telangiectasia",
];
const verbs = [
  "caused",
  "was associated with",
  "reduced the risk of",
  "did not alter",
  "markedly increased",
  "preceded",
  "is required for",
  "was independent of",
];
const objects = [
  "acute renal failure",
  "serum creatinine and blood urea nitrogen",
  "hepatocellular carcinoma in mice",
  "the expression of CYP3A4 and ABCB1",
  "seizures induced by pentylenetetrazol",
  "resistance to Botrytis cinerea",
  "apoptosis of human T cells",
  "QT prolongation (P < 0.001)",
  "dopamine release in the nucleus accumbens",
  "hereditary breast and ovarian cancer",
];
const links = [", whereas", "; in contrast,", ", and", ", although", " after 12 weeks of treatment, while"];

/**
 * Made-up sentences in the style of abstracts, 8 to about 35 words long. Every call returns the same ones.
 * @param count how many
 */
export function makeSentences(count: number): string[] {
  const random = randomNumbers(20_240);
  const pick = (items: readonly string[]) => items[Math.floor(random() * items.length)] as string;
  const clause = () => `${pick(subjects)} ${pick(verbs)} ${pick(objects)}`;
  return Array.from({ length: count }, () => {
    let sentence = clause();
    for (let more = Math.floor(random() * 3); more > 0; more--) sentence += `${pick(links)} ${clause()}`;
    return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)} (n = ${Math.floor(random() * 1e4)}).`;
  });
}

/** The lines of a file as sentences, repeated if there are fewer than `count`. */
export function readSentences(path: string, count: number): string[] {
  const lines = readFileSync(path, "utf8")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new Error(`${path} holds no text: give a file with one sentence a line`);
  return Array.from({ length: count }, (_, index) => lines[index % lines.length] as string);
}

/** Mulberry32: reproducible numbers from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
