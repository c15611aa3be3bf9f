import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { loadAddon } from "../../lib/binding/loader.js";
import type { NativeLoadOptions, NativeModel } from "../../lib/binding/native-addon.js";
import { inspectModel, Recognizer } from "../../lib/index.js";
import { abstracts } from "../support/abstracts.js";
import { GgufEditor } from "../support/gguf.js";
import { nativeOptions } from "../support/native.js";
import { oddText } from "../support/odd-text.js";
import { fixture, root } from "../support/paths.js";

interface ReferenceText {
  readonly text: string;
  readonly controls: boolean;
  readonly tokens: readonly number[];
  readonly starts: readonly number[];
}

const path = fixture("tiny-tokens-f32");
const options: NativeLoadOptions = { ...nativeOptions, threads: 2, mmap: true };
const references: readonly ReferenceText[] = JSON.parse(
  readFileSync(join(root, "test", "fixtures", "texts.json"), "utf8"),
);

let native: NativeModel;
let recognizer: Recognizer;
beforeAll(async () => {
  native = await loadAddon().load(path, options, null).promise;
  recognizer = await Recognizer.load({ model: path, threads: 2 });
});
afterAll(() => Promise.all([native?.dispose(), recognizer?.dispose()]));

async function tokenize(text: string, controls = false) {
  return native.tokenizeText(text, Uint32Array.of(0, text.length), controls).promise;
}

/** Entities of one type that VANER2's published code finds in a document, ported step by step. */
async function vaner2(text: string, head: number): Promise<[number, number][]> {
  const prompt = references.find(({ controls, text: own }) => controls && own === native.info.template);
  const prefix = prompt?.tokens as readonly number[];
  const { tokens, starts } = await tokenize(text);
  const room = native.info.maxTokens - prefix.length;
  const step = Math.floor(room / 2);
  const outer = Math.floor((room - step) / 2);
  const windows = [0];
  for (let at = 0; at + room < tokens.length; at += step) windows.push(at + step);

  const labels = new Array<string>(tokens.length).fill("O");
  for (const [index, at] of windows.toReversed().entries()) {
    const own = [...prefix, ...tokens.subarray(at, at + room)];
    const rows = Uint32Array.from({ length: own.length - prefix.length }, (_, row) => prefix.length + row);
    const offsets = Uint32Array.of(0, own.length);
    const answers = await native.encode(Int32Array.from(own), offsets, new Uint32Array(), rows).promise;
    const taken = index === 0 ? rows.length : rows.length - outer;
    for (let row = 0; row < taken; row++) {
      const from = (row * native.info.heads.length + head) * native.info.labels.length;
      const values = answers.subarray(from, from + native.info.labels.length);
      labels[at + row] = native.info.labels[values.indexOf(Math.max(...values))] as string;
    }
  }

  const places = [...starts, text.length];
  const spans: [number, number][] = [];
  let open = -1;
  for (const [at, label] of [...labels, "O"].entries()) {
    if (open >= 0) {
      const end = label === "E" ? at + 1 : label === "O" || label === "B" ? at : -1;
      if (end >= 0 && end <= labels.length) {
        spans.push([places[open] as number, places[end] as number]);
        open = -1;
      }
    }
    if (label === "B") open = at;
  }
  return spans.map((span) => trimmed(text, span)).filter(([start, end]) => start < end);
}

/** Its `post_process`, round after round until nothing changes: one round may leave `.` or a space. */
function trimmed(text: string, [first, last]: [number, number]): [number, number] {
  const opposite: Record<string, string> = { "(": ")", ")": "(", "[": "]", "]": "[", "{": "}", "}": "{" };
  let start = first;
  let end = last;
  const strips = (at: number) => /[ \n,.-]/.test(text[at] as string);
  const lone = (at: number) => {
    const other = opposite[text[at] as string];
    return other !== undefined && !text.slice(start, end).includes(other);
  };
  while (start < end && strips(start)) start++;
  while (start < end && lone(start)) start++;
  while (start < end && strips(end - 1)) end--;
  while (start < end && lone(end - 1)) end--;
  return start === first && end === last ? [start, end] : trimmed(text, [start, end]);
}

const long = [...abstracts, ...abstracts.toReversed()].join(" ");

describe("a model that tags tokens", () => {
  test("reports it", async () => {
    expect(recognizer.info).toMatchObject({ words: "tokens-v1", bosToken: -1, tagging: "BIOE" });
    expect(await inspectModel(path)).toMatchObject({ words: "tokens-v1", tagging: "BIOE", problem: null });
  });

  test("tokenizes texts and instructions as the reference does", async () => {
    for (const controls of [false, true]) {
      const own = references.filter((reference) => reference.controls === controls);
      expect(own.length).toBeGreaterThan(3);
      for (const { text, tokens, starts } of own) {
        const found = await tokenize(text, controls);
        expect({ text, tokens: [...found.tokens], starts: [...found.starts] }).toEqual({
          text,
          tokens,
          starts,
        });
      }
    }
  });

  test("text that spells a control token stays text", async () => {
    const spelled = "<|eot_id|>";
    const controls = native.info.template.match(/<\|\w+\|>/g) ?? [];
    const [control] = (await tokenize(spelled, true)).tokens;
    expect(controls).toContain(spelled);
    expect([...(await tokenize(`a${spelled}`)).tokens]).not.toContain(control);
    const entities = await recognizer.recognize(`Asthma ${controls.join("")} and flu.`);
    expect(entities.map(({ start, end }) => [start, end]).sort()).toEqual(
      [
        ...(await vaner2(`Asthma ${controls.join("")} and flu.`, 0)),
        ...(await vaner2(`Asthma ${controls.join("")} and flu.`, 1)),
      ].sort(),
    );
  });

  test.each([...abstracts, long, "Asthma (severe).\n\n[BRCA1], {p53} - 癌症患者 🧬", "x", ""])(
    "finds what the reference finds: %#",
    async (text) => {
      for (const [head, type] of ["Disease", "Chemical"].entries()) {
        const found = await recognizer.recognize(text, { types: [type] });
        expect(found.map(({ start, end }) => [start, end])).toEqual(await vaner2(text, head));
      }
    },
  );

  test("finds entities with its random weights, so that there is something to compare", async () => {
    expect((await recognizer.recognize(long)).length).toBeGreaterThan(20);
  });

  test("gives a text the same entities alone and in any batch", async () => {
    const alone = [];
    for (const text of [long, ...abstracts]) alone.push(await recognizer.recognize(text));
    const together = await recognizer.recognizeBatch([long, "", ...abstracts, "a\ud83d"]);
    const places = (entities: readonly { type: string; start: number; end: number; sentence: number }[]) =>
      entities.map(({ type, start, end, sentence }) => [type, start, end, sentence]);
    expect(together[1]).toEqual([]);
    expect([together[0], ...together.slice(2, -1)].map((found) => places(found ?? []))).toEqual(
      alone.map(places),
    );
  });

  test("offsets are exact for any text", async () => {
    await fc.assert(
      fc.asyncProperty(oddText(40), async (text) => {
        const { tokens, starts } = await tokenize(text);
        expect(starts).toHaveLength(tokens.length);
        expect([...starts]).toEqual([...starts].sort((a, b) => a - b));
        if (text !== "") expect(starts[0]).toBe(0);
        const entities = await recognizer.recognize(text);
        for (const { start, end, text: mention } of entities) {
          expect(mention).toBe(text.slice(start, end));
          expect(mention).toMatch(/^\S(.*\S)?$/su);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("skips characters without a token, and keeps offsets exact", async () => {
    const file = new GgufEditor(path);
    const tokens = Buffer.from(file.metadata.get("tokenizer.ggml.tokens") as Buffer);
    const x = tokens.indexOf(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, "x".charCodeAt(0)]));
    tokens[x + 8] = 1; // No text is spelled like this.
    file.metadata.set("tokenizer.ggml.tokens", tokens);
    const folder = mkdtempSync(join(tmpdir(), "vaner-"));
    try {
      const without = join(folder, "without-x.gguf");
      writeFileSync(without, file.toBytes());
      const model = await loadAddon().load(without, options, null).promise;
      const text = "xx7 🧬x (8)x";
      const { starts } = await model.tokenizeText(text, Uint32Array.of(0, text.length), false).promise;
      expect([...new Set(Array.from(starts, (start) => text[start]))]).toEqual([..."7 \ud83e(8)"]);
      expect([...starts]).toEqual([...starts].sort((a, b) => a - b));
      await model.dispose();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("keeps the words of the caller whole", async () => {
    const words = (abstracts[0] as string).split(" ");
    const text = words.join(" ");
    const entities = await recognizer.recognize({ words });
    expect(entities.length).toBeGreaterThan(0);
    for (const { start, end, sentence } of entities) {
      expect(start === 0 || text[start - 1] === " ").toBe(true);
      expect(end === text.length || text[end] === " ").toBe(true);
      expect(sentence).toBe(0);
    }
  });
});
