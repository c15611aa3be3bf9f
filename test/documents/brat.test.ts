import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { type Document, mentionOf } from "../../lib/documents/document.js";
import { expandInputs } from "../../lib/documents/job/plan.js";
import { openDocuments, readDocuments } from "../../lib/documents/open.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-brat-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a text with its annotations; returns the text's path. */
function put(name: string, text: string, annotations: string): string {
  writeFileSync(join(folder, `${name}.ann`), annotations);
  writeFileSync(join(folder, `${name}.txt`), text);
  return join(folder, `${name}.txt`);
}

async function readAll(path: string, encoding?: string): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const document of readDocuments(path, { encoding })) documents.push(document);
  return documents;
}

const text = "💊 Breast and ovarian\ncancer need TP53.\n";
const annotations = [
  "T1\tDisease 2 8;21 27\tBreast cancer",
  "T2\tDisease 13 20;21 27\tovarian cancer",
  "T3\tGene 33 37\tTP53",
  "R1\tCauses Arg1:T3 Arg2:T1\t",
  "E1\tBinding:T3 Theme:T2",
  "*\tEquiv T1 T2",
  "A1\tNegated T3",
  "A2\tLevel T3 high",
  "N1\tReference T3 Entrez:7157\tTP53",
  "#1\tAnnotatorNotes T1\tsee\tabstract",
].join("\n");

describe("a document", () => {
  test("has mentions with fragments, joined where only a line end is between them", async () => {
    const path = put("doc-1", text, annotations);
    expect((await openDocuments(path)).format.name).toBe("brat");
    const [document] = await readAll(path);
    const [passage] = document?.passages ?? [];
    if (!passage) throw new Error("nothing was read");
    expect([document?.id, passage.text]).toEqual(["doc-1", text]);
    expect(
      passage.annotations.map((each) => [each.id, each.type, each.ranges.length, mentionOf(passage, each)]),
    ).toEqual([
      ["T1", "Disease", 2, "Breast cancer"],
      ["T2", "Disease", 1, "ovarian\ncancer"],
      ["T3", "Gene", 1, "TP53"],
    ]);
    expect(passage.annotations.map(({ infons, identifiers }) => ({ infons, identifiers }))).toEqual([
      { infons: { AnnotatorNotes: "see\tabstract" } },
      {},
      { infons: { Negated: "true", Level: "high" }, identifiers: ["Entrez:7157"] },
    ]);
    expect(
      document?.relations?.map(({ id, type, arguments: taking }) => [
        id,
        type,
        taking.map((one) => one.role + one.reference),
      ]),
    ).toEqual([
      ["R1", "Causes", ["Arg1T3", "Arg2T1"]],
      ["E1", "Binding", ["TriggerT3", "ThemeT2"]],
      [undefined, "Equiv", ["T1", "T2"]],
    ]);
  });

  test("may have no annotations, and another encoding", async () => {
    const path = put("empty", "", "");
    expect(await readAll(path)).toMatchObject([{ id: "empty", passages: [{ text: "", annotations: [] }] }]);
    writeFileSync(path, Buffer.from("caf\xe9", "latin1"));
    writeFileSync(join(folder, "empty.ann"), Buffer.from("T1\tPlace 0 4\tcaf\xe9", "latin1"));
    expect(await readAll(path, "windows-1252")).toMatchObject([{ passages: [{ text: "café" }] }]);
  });

  test.each([
    ["T1\tDisease 0 400\tx", ":1:", "a mention has a type, and offsets in the text"],
    ["\nT1\tDisease 2 8\tbreast", ":2:", '"breast" is not the text at its offsets, which is "Breast".'],
    ["T1\tDisease 8 2\tx", ":1:", "a mention has a type"],
    ["R1\tCauses", ":1:", "this is neither a relation nor an event"],
    ["E1\tBinding Theme:T1", ":1:", "this is neither a relation nor an event"],
    ["x", ":1:", "a line begins with T, R, E, A, M, N, #"],
  ])("%j is an error with file and line", async (wrong, line, message) => {
    const path = put("wrong", text, wrong);
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ERR_VANER_DOCUMENT",
      message: expect.stringContaining(message),
    });
    await expect(readAll(path)).rejects.toThrow(`wrong.ann${line} document "wrong":`);
  });

  test("without an .ann file is malformed, and can be set aside", async () => {
    const path = join(folder, "alone.txt");
    writeFileSync(path, "a");
    const reading = async (reject?: (error: Error, raw: string) => void) => {
      for await (const _ of readDocuments(path, { format: "brat", ...(reject && { reject }) }))
        throw new Error("it has no document");
    };
    await expect(reading()).rejects.toThrow('document "alone": it has no .ann file beside it');
    const rejected: string[] = [];
    await reading((_error, raw) => rejected.push(raw));
    expect(rejected).toEqual(["a"]);
  });

  test("is in a .txt file", async () => {
    writeFileSync(join(folder, "name.text"), "a");
    const reading = async () => {
      for await (const _ of readDocuments(join(folder, "name.text"), { format: "brat" }));
    };
    await expect(reading()).rejects.toThrow("name a .txt file with an .ann file beside it");
  });
});

test("a folder takes its texts once, without brat's settings", async () => {
  const corpus = join(folder, "corpus");
  mkdirSync(corpus);
  for (const name of ["a.txt", "a.ann", "b.txt", "c.ann", "annotation.conf"])
    writeFileSync(join(corpus, name), "");
  const expected = ["a.txt", "b.txt", "c.ann"].map((name) => join(corpus, name));
  expect(await expandInputs([corpus])).toEqual(expected);
});
