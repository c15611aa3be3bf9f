import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Document, mentionOf } from "../../lib/documents/document.js";
import { conll, conllIo } from "../../lib/documents/formats/conll/conll.js";
import { readAll, writeAll } from "./support.js";

const mentions = (documents: readonly Document[]) =>
  documents.map(({ id, passages }) => [
    id,
    ...passages.flatMap((passage) =>
      passage.annotations.map((each) => `${each.type}: ${mentionOf(passage, each)}`),
    ),
  ]);

describe("reading", () => {
  test.each([
    ["IOB2", "a B-D\nb I-D\nc B-D\nd O\n"],
    ["IOB1", "a I-D\nb I-D\nc B-D\nd O\n"],
    ["IOBES", "a B-D\nb E-D\nc S-D\nd O\n"],
    ["BILOU", "a\tB-D\nb\tL-D\nc\tU-D\nd\tO\n"],
    ["other columns between", "a NN x B-D\nb NN x I-D\nc NN x B-D\nd NN x O\n"],
  ])("%s", async (_scheme, text) => {
    expect(conll.looksLike?.(text)).toBe(true);
    expect(mentions(await readAll(conll, text))).toEqual([["stdin:1", "D: a b", "D: c"]]);
  });

  test("IO with plain types", async () => {
    expect(mentions(await readAll(conllIo, "a D\nb D\nc G\nd O\n"))).toEqual([["stdin:1", "D: a b", "G: c"]]);
  });

  test("words may have spaces where tabs are between columns", async () => {
    const [document] = await readAll(conll, "New York\tB\nx\tO\n");
    expect(document?.passages[0]).toMatchObject({ text: "New York x", sentences: [["New York", "x"]] });
  });

  test("marks start documents; without them, each sentence is one", async () => {
    const text = "a O\n\nb O\n\n-DOCSTART- -X- O\n\nc O\n\nd O\n\n###MEDLINE:9\ne O\n# id = x 1\n\nf O\n";
    const documents = await readAll(conll, text);
    expect(documents.map(({ id, passages }) => [id, passages[0]?.sentences])).toEqual([
      ["stdin:1", [["a"]]],
      ["stdin:3", [["b"]]],
      ["stdin:7", [["c"], ["d"]]],
      ["9", [["e"]]],
      ["x 1", [["f"]]],
    ]);
  });

  test.each([
    ["a\n", "corpus.file:1: it has one column: a word and a tag are needed."],
    ["a NN\n", 'corpus.file:1: "NN" is not a tag. Tags are O, or B, I, E, S, L, U with "-" and a type.'],
    ["a O\n\n\tO\n", "corpus.file:3: it has no word."],
  ])("%j is an error", async (text, message) => {
    await expect(readAll(conll, text)).rejects.toMatchObject({ code: "ERR_VANER_DOCUMENT", message });
  });
});

describe("writing", () => {
  test.each([
    ["sentences", "a O\nb B\n\n\nc O\n\n"],
    ["CRLF, a byte order mark and no line end", "\uFEFF-DOCSTART-\r\n\r\na\tO\r\n\r\nb\tO"],
  ])("gives back byte for byte: %s", async (_what, text) => {
    expect(writeAll(conll, await readAll(conll, text))).toBe(text);
  });

  test("adds a column of what was found", async () => {
    const [document] = await readAll(conll, "# id = 1\na\tB-D\nb\tO\n\nc\tO\n");
    const [passage] = document?.passages ?? [];
    if (!document || !passage) throw new Error("nothing was read");
    const added = [{ type: "G", ranges: [{ start: 2, end: 3 }] }];
    const passages = [{ ...passage, annotations: [...passage.annotations, ...added] }];
    expect(writeAll(conll, [{ ...document, passages }])).toBe("# id = 1\na\tB-D\tO\nb\tO\tB-G\n\nc\tO\tO\n");
    const writer = conll.writer?.({ annotated: true });
    expect(writer?.write(document)).toBe("# id = 1\na\tB-D\tO\nb\tO\tO\n\nc\tO\tO\n");
  });

  test("plain types", async () => {
    const annotations = [{ type: "D", ranges: [{ start: 0, end: 3 }] }];
    const passages = [{ type: "", text: "a b c", annotations }];
    const anew = writeAll(conllIo, [{ id: "1", passages }]);
    expect(anew).toBe("# id = 1\n\na\tD\nb\tD\nc\tO\n\n");
    const [document] = await readAll(conllIo, "a O\nb O\nc O\n");
    expect(writeAll(conllIo, document ? [{ ...document, passages }] : [])).toBe("a O D\nb O D\nc O O\n");
  });

  test("refuses overlapping entities", () => {
    const annotations = [0, 1].map((start) => ({ type: "G", ranges: [{ start, end: 3 }] }));
    const passages = [{ type: "", text: "abc", annotations }];
    expect(() => writeAll(conll, [{ id: "1", passages }])).toThrow("entities overlap. Resolve overlaps");
  });

  test.each(["a\tb", "a\n\nb"])("refuses the type or word %j, which would become more", (type) => {
    const annotations = [{ type, ranges: [{ start: 0, end: 3 }] }];
    const typed = { type: "", text: "abc", annotations };
    const worded = { type: "", text: type, annotations: [], sentences: [[type]] };
    for (const each of [typed, worded])
      expect(() => writeAll(conll, [{ id: "1", passages: [each] }])).toThrow("which has a tab or line break");
  });

  test("a text is cut into words and sentences", async () => {
    const text = "He has gout. No asthma-like signs.";
    const annotations = [{ type: "D", ranges: [{ start: 16, end: 22 }] }];
    const [read] = await readAll(
      conll,
      writeAll(conll, [{ id: "1", passages: [{ type: "", text, annotations }] }]),
    );
    expect(read?.passages[0]?.sentences?.map((words) => words.length)).toEqual([4, 6]);
    expect(mentions(read ? [read] : [])).toEqual([["1", "D: asthma"]]);
  });

  const sentence = fc.array(fc.constantFrom("a", "β", "💊", "p53", "."), { minLength: 1, maxLength: 5 });
  test("what is written anew reads the same", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sentence, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        async (sentences, chosen) => {
          const words = sentences.flat();
          const word = chosen % words.length;
          const start = words.slice(0, word).join(" ").length + Math.min(word, 1);
          const annotations = [
            { type: "Gene", ranges: [{ start, end: start + (words[word] ?? "").length }] },
          ];
          const passages = [{ type: "", text: words.join(" "), sentences, annotations }];
          const documents = ["1", "2"].map((id) => ({ id, passages }));
          const read = await readAll(conll, writeAll(conll, documents));
          expect(read.map(({ source: _, ...document }) => document)).toEqual(documents);
        },
      ),
    );
  });
});
