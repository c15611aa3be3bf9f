import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Annotation, Document } from "../../lib/documents/document.js";
import { brat } from "../../lib/documents/formats/brat/brat.js";
import { expandInputs } from "../../lib/documents/job/plan.js";
import { readDocuments } from "../../lib/documents/open.js";
import { contentsOf, failingAt, run, temporaryFolder, unchanged } from "./job/support.js";

const folder = temporaryFolder();
const newFolder = () => mkdtempSync(join(folder, "case-"));

/** The files of a document as its format writes them. */
function write(document: Document): { text: string; annotations: string } {
  const [text = "", annotations = ""] = brat.parts?.write(document) ?? [];
  return { text, annotations };
}

async function readBack({ text, annotations }: { text: string; annotations: string }): Promise<Document> {
  const place = newFolder();
  writeFileSync(join(place, "d.txt"), text);
  writeFileSync(join(place, "d.ann"), annotations);
  for await (const document of readDocuments(join(place, "d.txt"))) return document;
  throw new Error("nothing was read");
}

const words = fc.array(fc.constantFrom("gout", "💊", "TP53", "of", "the", "\u0301", "\uFEFF"), {
  minLength: 3,
  maxLength: 12,
});
const gaps = fc.constantFrom(" ", "\n", "\r\n", "\n\n", ", ");

/** A text of words, and where they are, in code points. */
const texts = fc.tuple(words, fc.infiniteStream(gaps)).map(([all, between]) => {
  const places: [number, number][] = [];
  let text = "";
  for (const word of all) {
    if (text !== "") text += between.next().value;
    const start = [...text].length;
    text += word;
    places.push([start, start + [...word].length]);
  }
  return { text, places };
});

/** brat's files as people and tools make them. */
const corpora = fc
  .tuple(texts, fc.infiniteStream(fc.nat(1000)), fc.constantFrom("\n", "\r\n"), fc.boolean(), fc.nat(6))
  .map(([{ text, places }, numbers, lineEnd, ends, mentions]) => {
    const pick = <Item>(items: readonly Item[]) => items[(numbers.next().value ?? 0) % items.length] as Item;
    const points = [...text];
    const lines: string[] = [];
    for (let id = 1; id <= mentions; id++) {
      const fragments = [...new Set([pick(places), pick(places)])].sort(([a], [b]) => a - b);
      const mention = fragments.map(([start, end]) => points.slice(start, end).join("")).join(" ");
      const offsets = fragments.map((pair) => pair.join(" ")).join(";");
      lines.push(`T${id * 3}\tDisease ${offsets}${pick(["", `\t${mention}`])}`);
      const target = `T${id * 3}`;
      const more = [
        `R${id}\tCauses Arg1:${target} Arg2:${target}\t`,
        `E${id}\tBinding:${target} Theme:${target} Theme2:E${id}`,
        `*\tEquiv ${target} ${target}`,
        `A${id}\tNegated ${target}`,
        `M${id}\tLevel ${target} high`,
        `N${id}\tReference ${target} Entrez:7157\tTP53`,
        `#${id}\tAnnotatorNotes ${target}\tsee\tthe  abstract `,
        "",
      ];
      lines.push(pick(more), pick(more));
    }
    return { text, annotations: lines.join(lineEnd) + (ends ? lineEnd : "") };
  });

test("a folder that nothing changes comes back byte for byte", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(corpora, { minLength: 1, maxLength: 4 }), async (documents) => {
      const [place, out] = [newFolder(), join(newFolder(), "out")];
      for (const [index, { text, annotations }] of documents.entries()) {
        writeFileSync(join(place, `doc-${index}.txt`), text);
        writeFileSync(join(place, `doc-${index}.ann`), annotations);
      }
      await run(unchanged, await expandInputs([place]), out);
      expect(contentsOf(out)).toEqual(contentsOf(place));
    }),
    { numRuns: 15 },
  );
});

const ranges = (annotations: readonly Annotation[]) => annotations.map((each) => [each.type, each.ranges]);

test("added annotations get lines of their own, with ids that are free", async () => {
  await fc.assert(
    fc.asyncProperty(corpora, fc.nat(), fc.nat(), async (files, from, length) => {
      const document = await readBack(files);
      const [passage] = document.passages;
      if (!passage) throw new Error("there is no passage");
      const places = [...passage.text.matchAll(/\S+/gu)];
      const first = places[from % places.length];
      const last = places[Math.min((from % places.length) + (length % 3), places.length - 1)];
      if (!first || !last) return;
      const added = {
        type: "Gene",
        ranges: [{ start: first.index, end: last.index + last[0].length }],
        score: 0.5,
      };
      const annotations = [...passage.annotations, added];
      const written = write({ ...document, passages: [{ ...passage, annotations }] });
      expect([written.text, written.annotations.startsWith(files.annotations)]).toEqual([files.text, true]);
      const again = await readBack(written);
      const read = again.passages[0]?.annotations ?? [];
      expect(ranges(read)).toEqual(ranges(annotations));
      expect(new Set(read.map(({ id }) => id)).size).toBe(read.length);
    }),
    { numRuns: 40 },
  );
});

describe("a document of another format", () => {
  const text = "Breast and ovarian\ncancer 💊 need TP53.";
  const document: Document = {
    id: "1",
    passages: [
      { type: "title", text: "Gout", annotations: [{ id: "a", type: "D", ranges: [{ start: 0, end: 4 }] }] },
      {
        type: "abstract",
        text,
        annotations: [
          {
            id: "b",
            type: "Disease",
            ranges: [
              { start: 0, end: 6 },
              { start: 19, end: 25 },
            ],
            identifiers: ["MESH:D001943", "D061325"],
            infons: { Negated: "true", Level: "high", "my note": "two words" },
          },
          { id: "c", type: "Disease", ranges: [{ start: 11, end: 25 }] },
          { type: "Gene", ranges: [{ start: 34, end: 38 }], score: 0.9 },
        ],
      },
    ],
    relations: [
      {
        id: "x",
        type: "Causes",
        arguments: [
          { role: "Theme", reference: "y" },
          { role: "", reference: "b" },
        ],
      },
      {
        id: "y",
        type: "Binding",
        arguments: [
          { role: "Trigger", reference: "a" },
          { role: "Theme", reference: "c" },
        ],
      },
      {
        type: "Same",
        arguments: [
          { role: "", reference: "a" },
          { role: "", reference: "b" },
          { role: "", reference: "c" },
        ],
      },
      {
        type: "CID",
        arguments: [
          { role: "", reference: "D001943" },
          { role: "", reference: "a" },
        ],
      },
    ],
  };

  test("becomes a text and lines", () => {
    expect(write(document)).toEqual({
      text: `Gout\n\n${text}`,
      annotations: [
        "T1\tD 0 4\tGout",
        "T2\tDisease 6 12;25 31\tBreast cancer",
        "N1\tReference T2 MESH:D001943\tBreast cancer",
        "#1\tIdentifier T2\tD061325",
        "A1\tNegated T2",
        "A2\tLevel T2 high",
        "#2\tmy_note T2\ttwo words",
        "T3\tDisease 17 24;25 31\tovarian cancer",
        "T4\tGene 39 43\tTP53",
        "E1\tBinding:T1 Theme:T3",
        "*\tSame T1 T2 T3",
        "R1\tCauses Theme:E1 Arg2:T2",
        "",
      ].join("\n"),
    });
  });

  test("is what was meant when it is read again", async () => {
    const again = await readBack(write(document));
    const [passage] = again.passages;
    const shifted = document.passages.flatMap(({ annotations }, index) =>
      annotations.map((each) => ({
        ...each,
        ranges: each.ranges.map(({ start, end }) => ({ start: start + index * 6, end: end + index * 6 })),
      })),
    );
    expect(ranges(passage?.annotations ?? [])).toEqual(ranges(shifted));
    expect(passage?.annotations[1]).toMatchObject({
      identifiers: ["MESH:D001943", "D061325"],
      infons: { Negated: "true", Level: "high", my_note: "two words" },
    });
    expect(again.relations?.map(({ type }) => type)).toEqual(["Binding", "Same", "Causes"]);
  });

  test.each(["", "Sequence Variant"])("whose type brat cannot hold is an error: %j", (type) => {
    const annotations = [{ type, ranges: [{ start: 0, end: 4 }] }];
    expect(() => write({ id: "1", passages: [{ type: "", text: "Gout", annotations }] })).toThrow(
      `brat standoff cannot hold the type ${JSON.stringify(type)}`,
    );
  });
});

describe("a folder of documents", () => {
  const options = { outputFormat: "brat", fields: {} } as const;
  const lines = ["1", "a/b", "3"].map((id) => `{"id":"${id}","text":"gout"}\n`);

  function put(content: string) {
    const place = newFolder();
    writeFileSync(join(place, "in.jsonl"), content);
    return { input: join(place, "in.jsonl"), out: join(place, "out") };
  }

  test("has two files each, under its id", async () => {
    const { input, out } = put(lines.join(""));
    expect(await run(unchanged, [input], out, options)).toMatchObject([{ documents: 3, output: out }]);
    expect(Object.keys(contentsOf(out))).toEqual([
      "1.ann",
      "1.txt",
      "3.ann",
      "3.txt",
      "a%2Fb.ann",
      "a%2Fb.txt",
    ]);
  });

  test("is resumed document by document", async () => {
    const { input, out } = put(`${lines[0]}{}\n${lines.slice(1).join("")}${lines[0]}`);
    const resume = { ...options, resume: true, onError: "skip" } as const;
    await expect(run(failingAt(2), [input], out, resume)).rejects.toThrow("interrupted");
    expect(Object.keys(contentsOf(out))).toEqual([
      "1.ann",
      "1.txt",
      "a%2Fb.ann",
      "a%2Fb.txt",
      "in.journal",
      "in.rejected.jsonl.partial",
    ]);
    rmSync(join(out, "a%2Fb.ann")); // as if the process was killed behind the text
    writeFileSync(join(out, "1.txt"), "somebody works on it");
    const [result] = await run(unchanged, [input], out, resume);
    expect(result).toMatchObject({ documents: 3, resumed: 1, rejected: 2 });
    const files = contentsOf(out);
    expect(files["1.txt"]).toBe("somebody works on it");
    const listed = (files["in.rejected.jsonl"] ?? "").trim().split("\n");
    expect(listed.map((line) => JSON.parse(line).reason)).toEqual([
      expect.stringContaining('it has no "text"'),
      expect.stringContaining('Another document has the id "1".'),
    ]);
    expect(Object.keys(files).filter((name) => /journal|partial/.test(name))).toEqual([]);
  });

  test("replaces nothing", async () => {
    const { input, out } = put(lines.join(""));
    mkdirSync(out);
    writeFileSync(join(out, "3.ann"), "T1\tDisease 0 4\tgout\n");
    await expect(run(unchanged, [input], out, options)).rejects.toThrow(/3\.ann exists already/);
    expect(readFileSync(join(out, "3.ann"), "utf8")).toBe("T1\tDisease 0 4\tgout\n");
    expect(existsSync(join(out, "1.ann"))).toBe(true);
  });

  test("is not that of an input, and no stream", async () => {
    const { input, out } = put(lines[0] as string);
    await expect(run(unchanged, [input], join(out, ".."), options)).rejects.toThrow(
      "in the folder of the output",
    );
    await expect(run(unchanged, [input], "-", options)).rejects.toThrow("name a folder");
    await expect(run(unchanged, [input], out, { ...options, shard: 2 })).rejects.toThrow(
      "brat standoff has one document a file",
    );
  });
});
