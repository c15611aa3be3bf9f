import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { type CorpusOptions, checkSupport, readCorpus, surveyCorpus } from "../../lib/evaluation/corpus.js";
import type { GoldText } from "../../lib/evaluation/gold.js";
import { folder, mentions, read, save } from "./support.js";

describe("annotations", () => {
  const line = (...entities: object[]) => `${JSON.stringify({ text: "Severe gout in mice.", entities })}\n`;
  const gout = { type: "Disease", start: 7, end: 11 };

  it("lose the spaces at their edges", async () => {
    const texts = await read(line({ ...gout, start: 6, end: 12 }, { ...gout, start: 6, end: 7 }));
    expect(texts.map(mentions)).toEqual([["Disease: gout", "Disease:  "]]);
  });

  it("that are discontinuous count from their first part to their last", async () => {
    const texts = await read(
      line({
        ...gout,
        ranges: [
          [0, 6],
          [7, 11],
        ],
      }),
    );
    expect(texts.map(mentions)).toEqual([["Disease: Severe gout"]]);
  });

  it.each([
    ["JSON lines", line({ ...gout, end: 99 }, gout)],
    ["PubTator", "1|t|Severe gout in mice.\n1\t7\t11\tgoat\tDisease\n1\t7\t11\tgout\tDisease\n"],
  ])("that do not fit their text can be left out in %s", async (_, content) => {
    const skipped: string[] = [];
    const texts = await read(content, { onSkipped: (what) => skipped.push(what) });
    expect(texts.map(mentions)).toEqual([["Disease: gout"]]);
    expect(skipped).toEqual(["annotation"]);
  });

  it("of a malformed document are left out with it", async () => {
    const skipped: string[] = [];
    const texts = await read(`${line(gout)}{"text": 1}\n`, { onSkipped: (what) => skipped.push(what) });
    expect(texts.map(mentions)).toEqual([["Disease: gout"]]);
    expect(skipped).toEqual(["document"]);
  });

  it("count as the type that the user says", async () => {
    const content = line({ ...gout, type: "Illness" }, { ...gout, type: "Disease", start: 0, end: 6 });
    const map = new Map([["Illness", "Disease"]]);
    expect((await read(content)).map(mentions)).toEqual([["Disease: Severe"]]);
    expect((await read(content, { map })).map(mentions)).toEqual([["Disease: gout", "Disease: Severe"]]);
  });
});

it("may be in a folder of files, as brat has them", async () => {
  const corpus = mkdtempSync(join(folder, "brat-"));
  for (const name of ["1", "2", "3"]) {
    writeFileSync(join(corpus, `${name}.txt`), "Severe gout.");
    writeFileSync(join(corpus, `${name}.ann`), "T1\tDisease 7 11\tgout\nT2\tDisease 0 6\tSevereness\n");
  }
  const skipped: string[] = [];
  const options = { types: ["Disease"], limit: 2, onSkipped: (what: string) => skipped.push(what) };
  const texts: GoldText[] = [];
  for await (const text of readCorpus(corpus, options)) texts.push(text);
  expect(texts.map((text) => [text.name, mentions(text)])).toEqual([
    ["1", ["Disease: gout"]],
    ["2", ["Disease: gout"]],
  ]);
  expect(skipped).toEqual(["annotation", "annotation"]);
  const { formats, support } = await surveyCorpus(corpus, { ...options, limit: undefined });
  expect([formats.map(({ name }) => name), [...support]]).toEqual([["brat"], [["Disease", 3]]]);
});

it("may be in a table", async () => {
  const cell = JSON.stringify([{ type: "Disease", start: 0, end: 4 }]);
  expect((await read(`text\tentities\nGout.\t${cell}\n`)).map(mentions)).toEqual([["Disease: Gout"]]);
  await expect(read("text\tentities\nGout.\t\n")).rejects.toThrow('the column "entities" must have an array');
});

describe("a survey", () => {
  const content = [
    "Gout\tB-Disease\nBRCA1\tB-GeneOrGeneProduct\n",
    "mice\tB-Species\nTP53\tB-GeneOrGeneProduct\n",
  ].join("\n");
  const check = async (types: string[], more: Partial<CorpusOptions> = {}, text = content) => {
    const path = save(text);
    const survey = await surveyCorpus(path, { types, ...more });
    checkSupport(path, survey, types, ["Disease", "Gene"]);
    return survey;
  };

  it("counts texts and annotations", async () => {
    const { texts, support, ignored } = await check(["Disease"]);
    expect(texts).toBe(2);
    expect([...support]).toEqual([["Disease", 1]]);
    expect([...ignored]).toEqual([
      ["GeneOrGeneProduct", 2],
      ["Species", 1],
    ]);
    const mapped = await check(["Gene"], { map: new Map([["GeneOrGeneProduct", "Gene"]]) });
    expect([...mapped.support]).toEqual([["Gene", 2]]);
  });

  it("refuses types without an entity, and names those that there are", async () => {
    await expect(check(["Disease", "Gene"])).rejects.toMatchObject({
      code: "ERR_VANER_CORPUS",
      message: expect.stringMatching(
        /read as CoNLL, has no entity of "Gene"\. It has "Disease" \(1\), "GeneOrGeneProduct" \(2\).*knows "Disease", "Gene".*--map/,
      ),
    });
    await expect(check(["Disease"], {}, "Gout is painful.\n")).rejects.toThrow(
      "read as plain text, has no annotations.",
    );
    await expect(check(["Disease"], {}, "")).rejects.toThrow("has no annotations");
  });

  it("can be stopped", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(check(["Disease"], { signal })).rejects.toThrow("enough");
  });
});
