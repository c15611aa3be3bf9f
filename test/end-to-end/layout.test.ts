import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Recognizer } from "../../lib/index.js";
import { oddText } from "../support/odd-text.js";
import { fixture } from "../support/paths.js";

let recognizer: Recognizer;
/** A fast model with random weights, which tags almost everything. */
let tiny: Recognizer;
beforeAll(async () => {
  recognizer = await Recognizer.load();
  tiny = await Recognizer.load({ model: fixture("tiny-f32") });
});
afterAll(() => Promise.all([recognizer?.dispose(), tiny?.dispose()]));

async function found(text: string, type: string): Promise<[string, number][]> {
  const entities = await recognizer.recognize(text, { types: [type] });
  for (const entity of entities) expect(entity.text).toBe(text.slice(entity.start, entity.end));
  return entities.map(({ text, sentence }) => [text, sentence]);
}

test.each([
  ["1. TP53\n2. EGFR\n3. KRAS", "Gene", ["TP53", "EGFR", "KRAS"]],
  ["1. TP53\r\n2. EGFR\r\n3. KRAS", "Gene", ["TP53", "EGFR", "KRAS"]],
  ["aspirin\nmetformin\nlisinopril", "Chemical", ["aspirin", "metformin", "lisinopril"]],
  ["- aspirin\n- metformin\n- lisinopril", "Chemical", ["aspirin", "metformin", "lisinopril"]],
])("items of %j are entities of their own", async (text, type, names) => {
  expect(await found(text, type)).toEqual(names.map((name, sentence) => [name, sentence]));
});

test("cells of a table are apart", async () => {
  const table = "Gene\tDrug\nEGFR\tgefitinib";
  expect(await found(table, "Gene")).toContainEqual(["EGFR", 2]);
  expect(await found(table, "Chemical")).toContainEqual(["gefitinib", 3]);
});

test("a title without a stop does not run into its abstract", async () => {
  const text =
    "Early detection of breast cancer\nColon cancer was seen in many of the patients who were treated with tamoxifen.";
  expect(await found(text, "Disease")).toEqual([
    ["breast cancer", 0],
    ["Colon cancer", 1],
  ]);
});

test("wrapped prose has the entities that it has on one line", async () => {
  const text =
    "Cisplatin-induced nephrotoxicity was seen in mice with breast cancer, and pretreatment with N-acetylcysteine reduced acute renal failure.";
  const wrapped = text.replace("breast cancer", "breast\ncancer").replace("acute renal", "acute\r\nrenal");
  const plain = (entities: [string, number][]) =>
    entities.map(([name, at]) => [name.replace(/\s+/g, " "), at]);
  expect(plain(await found(wrapped, "Disease"))).toEqual(plain(await found(text, "Disease")));
});

test("no entity reaches across blank lines, or across lines and cells with `lines`", async () => {
  const texts = fc.sample(oddText(30), { numRuns: 60, seed: 2 });
  for (const lines of [undefined, true, false]) {
    const results = await tiny.recognizeBatch(texts, lines === undefined ? {} : { lines });
    for (const { text } of results.flat()) {
      expect(text).not.toMatch(lines ? /[\t\n\r\u2028\u2029]/ : /\n\s*\n|\u2029/);
    }
  }
});
