import { expect, test } from "@jest/globals";
import { mentionOf } from "../../lib/documents/document.js";
import { tokenJson } from "../../lib/documents/formats/token-json.js";
import { readAll, writeAll } from "./support.js";

const file =
  '{"id": 7, "tokens": ["No", "gout", "💊"], "ner_tags": ["O", "B-D", "I-D"], "x": 1.0}\n{"tokens": []}\n';

test("reads tokens and tags", async () => {
  expect(tokenJson.looksLike?.(file)).toBe(true);
  const [first, second] = await readAll(tokenJson, file);
  expect(first).toMatchObject({
    id: "7",
    passages: [{ text: "No gout 💊", sentences: [["No", "gout", "💊"]] }],
  });
  const [passage] = first?.passages ?? [];
  expect(passage?.annotations.map((each) => [each.type, mentionOf(passage, each)])).toEqual([
    ["D", "gout 💊"],
  ]);
  expect(second).toMatchObject({ id: "stdin:2", passages: [{ text: "", sentences: [], annotations: [] }] });
});

test("reads tags that are numbers, with their names", async () => {
  const text = file.replace('["O", "B-D", "I-D"]', "[0, 1, 0]");
  await expect(readAll(tokenJson, text)).rejects.toThrow("tags are numbers: say what they mean");
  const [document] = await readAll(tokenJson, text, { labels: ["O", "B-G"] });
  expect(document?.passages[0]?.annotations).toEqual([{ type: "G", ranges: [{ start: 3, end: 7 }] }]);
  await expect(readAll(tokenJson, text, { labels: ["O"] })).rejects.toThrow("1 is not a tag.");
});

test.each([
  ['{"tokens": ["a", ""]}', '"tokens" must be an array of strings'],
  ['{"tokens": ["a"], "ner_tags": ["O", "O"]}', '"ner_tags" must be an array with a tag for each token.'],
  ['{"tokens": ["a"], "ner_tags": ["NN"]}', '"NN" is not a tag.'],
])("%s is an error", async (text, message) => {
  await expect(readAll(tokenJson, text)).rejects.toMatchObject({
    code: "ERR_VANER_DOCUMENT",
    message: expect.stringContaining(message),
  });
});

test("gives back byte for byte, and adds a key", async () => {
  const [first, second] = await readAll(tokenJson, file);
  if (!first || !second) throw new Error("nothing was read");
  expect(writeAll(tokenJson, [first, second])).toBe(file);
  const added = { type: "C", ranges: [{ start: 8, end: 10 }] };
  const passages = first.passages.map((each) => ({ ...each, annotations: [...each.annotations, added] }));
  expect(writeAll(tokenJson, [{ ...first, passages }])).toBe(
    `${file.split("}\n")[0]},"predicted_tags":["O","O","B-C"]}\n`,
  );
});

test("never adds a key twice", async () => {
  const line = '{"tokens":["gout"],"ner_tags":["O"],"predicted_tags":["B-D"]}';
  const annotated = writeAll(tokenJson, await readAll(tokenJson, `${line}\n`), { annotated: true });
  expect(annotated).toBe(`${line.slice(0, -1)},"predicted_predicted_tags":["O"]}\n`);
});

test("writes the words of texts, a sentence a line", () => {
  const annotations = [{ type: "D", ranges: [{ start: 7, end: 11 }] }];
  const written = writeAll(tokenJson, [
    { id: "1", passages: [{ type: "", text: "He has gout. No.", annotations }] },
  ]);
  expect(written).toBe(
    '{"id":"1","tokens":["He","has","gout","."],"ner_tags":["O","O","B-D","O"]}\n' +
      '{"id":"1","tokens":["No","."],"ner_tags":["O","O"]}\n',
  );
});

test("a document without words has no line", () => {
  const empty = { id: "0", passages: [] };
  const one = { id: "1", passages: [{ type: "", text: "No.", annotations: [] }] };
  expect(writeAll(tokenJson, [empty, one])).toBe('{"id":"1","tokens":["No","."],"ner_tags":["O","O"]}\n');
});
