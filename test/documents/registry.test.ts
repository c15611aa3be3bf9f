import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { documentFormats, formatForOutput, formatNamed, formatOf } from "../../lib/documents/registry.js";
import { root } from "../support/paths.js";

describe("a file is told by its start", () => {
  test.each([
    ["pubtator", "1|t|Title\n1|a|Abstract\n"],
    ["bioc-xml", '<?xml version="1.0"?>\n<!DOCTYPE collection SYSTEM "BioC.dtd"><collection><source/>'],
    [
      "medline",
      '<?xml version="1.0"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD">\n<PubmedArticleSet>',
    ],
    ["jats", "<!DOCTYPE article PUBLIC '-//NLM//DTD JATS'>\n<article>"],
    ["hf", '{"id": 1, "tokens": ["a"], "ner_tags": ["O"]}\n'],
    ["bioc-json", '{"source": "", "documents": [\n {"id": "1", "passages": []}]}'],
    ["bioc-json", '{"PubTator3": [{"_id": "1", "passages": [{"text": "a"}]}]}'],
    ["bioc-json", '[{"id": "1", "passages": [{"text": "a"}]}]'],
    ["jsonl", '{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}\n'],
    ["jsonl", '{"id": 1, "text": "a", "entities": [], "passages": [{"type": "", "start": 0, "end": 1}]}\n'],
    ["jsonl", '{"id": 1, "text": "a|t|b"}\n'],
    ["bioc-json", '[{"id": "|a|", "passages": [{"text": "a"}]}]'],
    ["conll", "He O\nhas O\ngout B-Disease\n\n"],
    ["conll", "-DOCSTART- -X- O\n\nHe\tO\n"],
    ["text", "He has gout. It hurts.\nNo more."],
    ["text", ""],
    ["csv", "id;text\n1;gout\n"],
  ])("%s", (name, start) => {
    expect(formatOf(start).name).toBe(name);
  });

  test.each([
    ["a.csv", "csv"],
    ["a.CSV.gz", "csv"],
    ["a.tsv", "tsv"],
    ["a.conll", "conll"],
    ["a.jsonl.zst", "jsonl"],
    ["a.pubtator", "pubtator"],
    ["a.txt", "text"],
    [undefined, "text"],
  ])("else by its name, or it is plain text: %s", (path, name) => {
    expect(formatOf("a,b\n", path).name).toBe(name);
    expect(formatOf("gout\tB-D\n", path).name).toBe("conll");
  });
});

test("an output is told by the ending of its name", () => {
  const named = ["a.pubtator", "a.bioc.xml.gz", "a.bioc.json", "b.JSONL.zst", "a.conll", "a.txt", "a"];
  expect(named.map((name) => formatForOutput(name)?.name)).toEqual([
    "pubtator",
    "bioc-xml",
    "bioc-json",
    "jsonl",
    "conll",
    undefined,
    undefined,
  ]);
});

test("a misspelt name is answered with the nearest", () => {
  expect(() => formatNamed("bioc_xml")).toThrow('Did you mean "bioc-xml"?');
});

test("docs/documents.md lists every format", () => {
  const page = readFileSync(join(root, "docs", "documents.md"), "utf8");
  const rows = [...page.matchAll(/^\| [^|]+ \| ((?:`[a-z-]+`(?:, )?)+) \| (yes|no) \| (yes|no) \|/gm)];
  const listed = rows.flatMap(([, names = "", read, written]) =>
    [...names.matchAll(/[a-z-]+/g)].map(([name]) => [name, read, written]),
  );
  expect(listed.sort()).toEqual(
    documentFormats
      .map((format) => [
        format.name,
        format.read ? "yes" : "no",
        format.writer || format.parts ? "yes" : "no",
      ])
      .sort(),
  );
});
