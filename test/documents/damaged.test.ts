import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Document } from "../../lib/documents/document.js";
import type { DocumentFormat } from "../../lib/documents/format.js";
import { readDocuments } from "../../lib/documents/open.js";
import { documentFormats, formatNamed, formatOf } from "../../lib/documents/registry.js";
import { VanerError } from "../../lib/errors.js";
import { temporaryFolder } from "./job/support.js";
import { writeAll } from "./support.js";

// More, with another seed each time: VANER_DAMAGES=10000.
const damages = process.env["VANER_DAMAGES"];
const runs = damages === undefined ? { numRuns: 100, seed: 1 } : { numRuns: Number(damages) };

/** A good file of each format. */
const files: Readonly<Record<string, string>> = {
  text: "He has gout. 💊\n",
  lines: "He has gout.\n\nNo 💊.\n",
  jsonl:
    '{"id":"1","text":"gout 💊","entities":[{"type":"D","start":0,"end":4,"ranges":[[0,4]]}],"passages":[{"start":0,"end":7}]}\n',
  hf: '{"id":"1","tokens":["He","has","gout"],"ner_tags":["O","O","B-D"]}\n{"tokens":[]}\n',
  pubtator: "1|t|Gout 💊\n1|a|Aspirin helps.\n1\t0\t4\tGout\tDisease\tD006073\n1\tCID\tD1\tD2\n\n2|t|x\n",
  "bioc-xml":
    '<?xml version="1.0"?><!DOCTYPE collection SYSTEM "BioC.dtd"><collection><document><id>1</id><passage>' +
    '<infon key="type">title</infon><offset>0</offset><text>Gout &amp; 💊</text><annotation id="T1">' +
    '<infon key="type">D</infon><location offset="0" length="4"/><text>Gout</text></annotation></passage>' +
    '<relation id="R1"><node refid="T1" role="a"/></relation></document></collection>',
  "bioc-json":
    '{"source":"","documents":[{"id":"1","passages":[{"offset":0,"text":"Gout 💊","infons":{"type":"title"},' +
    '"annotations":[{"id":"T1","infons":{"type":"D"},"locations":[{"offset":0,"length":4}],"text":"Gout"}]}]}]}',
  medline:
    "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>Gout</ArticleTitle>" +
    '<Abstract><AbstractText Label="AIM">a</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>' +
    "<DeleteCitation><PMID>2</PMID></DeleteCitation></PubmedArticleSet>",
  jats:
    '<article><front><article-meta><article-id pub-id-type="pmid">1</article-id><title-group><article-title>Gout' +
    "</article-title></title-group></article-meta></front><body><p>a<table><td>1</td></table></p></body></article>",
  conll: "-DOCSTART- -X- O\n\nHe\tO\ngout\tB-D\n\nNo\tO\n",
  "conll-io": "He O\ngout D\n\nNo O\n",
  csv: 'id,text\n1,"He has ""gout"" 💊"\n2,b\n',
  tsv: "id\ttext\n1\tHe has gout\n",
};

interface Outcome {
  readonly documents: readonly Document[];
  readonly rejected: number;
  readonly error?: unknown;
}

/** Reads a file to its end; a malformed document is set aside. */
async function readOut(
  format: DocumentFormat,
  pieces: Iterable<string>,
  skipsAnnotations = false,
): Promise<Outcome> {
  const input = {
    name: "corpus.file",
    text: (async function* () {
      yield* pieces;
    })(),
  };
  const documents: Document[] = [];
  let rejected = 0;
  try {
    const reject = () => {
      rejected++;
    };
    const rejectAnnotation = skipsAnnotations ? reject : undefined;
    for await (const document of format.read?.(input, { reject, rejectAnnotation }) ?? []) {
      documents.push(document);
    }
    return { documents, rejected };
  } catch (error) {
    return { documents, rejected, error };
  }
}

/** Documents make sense; nothing went wrong, or what went wrong says where. */
function expectTyped({ documents, error }: Outcome): void {
  for (const { id, passages } of documents) {
    expect(typeof id).toBe("string");
    for (const { text, annotations } of passages) {
      const ranges = annotations.flatMap((each) => each.ranges);
      expect(annotations.every((each) => each.ranges.length > 0)).toBe(true);
      expect(ranges.every(({ start, end }) => 0 <= start && start < end && end <= text.length)).toBe(true);
    }
  }
  if (error === undefined) return;
  expect(error).toBeInstanceOf(VanerError);
  expect(error).toMatchObject({
    code: "ERR_VANER_DOCUMENT",
    message: expect.stringMatching(/^corpus\.file/),
  });
}

/** What was read without loss is written as it was. */
function expectSame(format: DocumentFormat, text: string, { documents, rejected, error }: Outcome): void {
  if (!format.writer || documents.length === 0 || rejected > 0 || error) return;
  expect(writeAll(format, documents)).toBe(text);
}

test("every format that is read from one file is damaged here", () => {
  const names = documentFormats.filter(({ name, read }) => read && name !== "brat").map(({ name }) => name);
  expect(Object.keys(files).sort()).toEqual(names.sort());
});

/** A change of a file: at a place from 0 to 1, so many code units are replaced. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat(6),
  added: fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.constantFrom(
      "<",
      ">",
      "&",
      "&x;",
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      "\t",
      "\n",
      "\r\n",
      "\0",
      "\uFEFF",
      "💊",
      "-1",
      "1e9",
      "null",
    ),
  ),
});

/** Damages a text; it stays one that can be decoded, without halves of surrogate pairs. */
function damage(text: string, changes: readonly { at: number; removed: number; added: string }[]): string {
  const damaged = changes.reduce((all, { at, removed, added }) => {
    const place = Math.floor(at * all.length);
    return all.slice(0, place) + added + all.slice(place + removed);
  }, text);
  return damaged.replace(/\p{Surrogate}/gu, "\uFFFD");
}

describe.each(Object.entries(files))("a damaged file: %s", (name, good) => {
  const format = formatNamed(name);

  test("is read, but for what is damaged, or is an error with its place", async () => {
    const outcome = await readOut(format, [good]);
    expect([outcome.rejected, outcome.error]).toEqual([0, undefined]);
    const changes = fc.array(change, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, fc.integer({ min: 1, max: 50 }), fc.boolean(), async (all, length, skips) => {
        const text = damage(good, all);
        formatOf(text.slice(0, 4096));
        const pieces = Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
          text.slice(index * length, (index + 1) * length),
        );
        const outcome = await readOut(format, pieces, skips);
        expectTyped(outcome);
        expectSame(format, text, outcome);
      }),
      runs,
    );
  });

  test("may be cut anywhere", async () => {
    for (let end = 0; end < good.length; end++) expectTyped(await readOut(format, [good.slice(0, end)]));
  });

  test("may be another format's", async () => {
    for (const other of Object.values(files)) expectTyped(await readOut(format, [other]));
  });
});

describe("damaged files of brat", () => {
  const folder = temporaryFolder();
  const text = "He has gout 💊.\nAspirin helps.\n";
  const annotations =
    "T1\tDisease 7 11\tgout\nT2\tDrug 15 22;23 28\tAspirin helps\nR1\tTreats Arg1:T2 Arg2:T1\n" +
    "E1\tUse:T2 Theme:T1\n*\tEquiv T1 T2\nA1\tNegated T1\nN1\tReference T1 MESH:D006073\tgout\n#1\tNote T1\tx\n";

  test("are read, but for what is damaged, or are an error with its place", async () => {
    const path = join(folder, "corpus.file.txt");
    const changes = fc.array(change, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, changes, async (inText, inAnnotations) => {
        const files = [damage(text, inText), damage(annotations, inAnnotations)] as const;
        writeFileSync(path, files[0]);
        writeFileSync(path.replace(/txt$/, "ann"), files[1]);
        const documents: Document[] = [];
        try {
          for await (const document of readDocuments(path, { format: "brat" })) documents.push(document);
        } catch (error) {
          expect(error).toMatchObject({
            code: "ERR_VANER_DOCUMENT",
            message: expect.stringContaining("corpus.file.ann:"),
          });
          return;
        }
        expectTyped({ documents, rejected: 0 });
        expect(documents.flatMap((document) => formatNamed("brat").parts?.write(document))).toEqual(files);
      }),
      runs,
    );
  });
});

describe("files made to exhaust a reader", () => {
  const seconds = 20;
  const mebi = 1 << 20;

  function* repeated(start: string, piece: string, times: number, end: string) {
    yield start;
    for (let time = 0; time < times; time++) yield piece;
    yield end;
  }

  test.each(["bioc-xml", "medline", "jats"])("no entity is expanded: %s", async (name) => {
    const definitions = Array.from(
      { length: 20 },
      (_, level) => `<!ENTITY e${level + 1} "&e${level};&e${level};">`,
    );
    const good = (files[name] as string).replace(/<\?xml[^>]*>|<!DOCTYPE[^>]*>/g, "");
    const root = /<(\w+)/.exec(good)?.[1];
    const bomb = `<!DOCTYPE ${root} [<!ENTITY e0 "lol">${definitions.join("")}]>${good.replace("Gout", "&e20;")}`;
    const outcome = await readOut(formatNamed(name), [bomb]);
    expectTyped(outcome);
    expect(outcome).toMatchObject({ documents: [], error: expect.anything() });
  });

  test.each([
    ["bioc-xml", "<collection><document>", "<a>"],
    ["medline", "<PubmedArticleSet><PubmedArticle>", "<a>"],
    ["jats", "<article><body>", "<p>"],
    ["bioc-json", '{"documents":[', '{"passages":['],
    ["jsonl", '{"text":', "["],
    ["hf", '{"tokens":', "["],
  ])("deep nesting is an error: %s", async (name, start, piece) => {
    const outcome = await readOut(formatNamed(name), repeated(start, piece.repeat(100), 2000, ""));
    expectTyped(outcome);
    expect(outcome.documents).toEqual([]);
    expect(outcome.rejected + (outcome.error ? 1 : 0)).toBe(1);
  });

  test.each([
    ["jsonl", '{"text":"gout","x":'],
    ["hf", '{"tokens":["gout"],"x":'],
  ])("deep values beside what is read are an error: %s", async (name, start) => {
    const line = (depth: number) => `${start}${"[".repeat(depth)}${"]".repeat(depth)}}\n`;
    const { documents, rejected } = await readOut(formatNamed(name), [line(100_000), line(499)]);
    expect([documents.length, rejected]).toEqual([1, 1]);
    const annotations = [{ type: "D", ranges: [{ start: 0, end: 4 }] }];
    const passages = documents.flatMap((each) => each.passages).map((each) => ({ ...each, annotations }));
    const annotated = documents.map((document) => ({ ...document, passages }));
    JSON.parse(writeAll(formatNamed(name), annotated));
  });

  // More: VANER_LONG_LINE=100, in MiB.
  const length = Number(process.env["VANER_LONG_LINE"] ?? 1);

  test.each([
    ["lines", "", "gout and ", "\n"],
    ["text", "", "gout and ", "\n"],
    ["jsonl", '{"text":"', "gout and ", '"}\n'],
    ["hf", '{"tokens":["', 'gout","and","', '."]}\n'],
    ["pubtator", "1|t|", "gout and ", "\n"],
    ["conll", "", "goutandno", "\tO\n"],
    ["csv", 'id,text\n1,"', "gout and ", '"\n'],
    ["tsv", "id\ttext\n1\t", "gout and ", "\n"],
    ["bioc-json", '{"documents":[{"id":"1","passages":[{"offset":0,"text":"', "gout and ", '"}]}]}'],
    [
      "bioc-xml",
      "<collection><document><id>1</id><passage><offset>0</offset><text>",
      "gout and ",
      "</text></passage></document></collection>",
    ],
    [
      "medline",
      "<PubmedArticle><MedlineCitation><PMID>1</PMID><ArticleTitle>",
      "gout and ",
      "</ArticleTitle></MedlineCitation></PubmedArticle>",
    ],
    ["jats", "<article><body><p>", "gout and ", "</p></body></article>"],
  ])(
    "a long line takes linear time: %s",
    async (name, start, piece, end) => {
      const block = piece.repeat(4096);
      const outcome = await readOut(
        formatNamed(name),
        repeated(start, block, (length * mebi) / block.length, end),
      );
      expect([outcome.documents.length, outcome.rejected, outcome.error]).toEqual([1, 0, undefined]);
    },
    seconds * 1000 * Math.max(1, length),
  );
});
