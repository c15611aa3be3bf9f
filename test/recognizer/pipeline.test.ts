import { describe, expect, test } from "@jest/globals";
import { Calls } from "../../lib/recognizer/calls.js";
import { Engine } from "../../lib/recognizer/engine.js";
import { Stop } from "../../lib/signals.js";
import { FakeModel, fakeRecognizer } from "../support/fake-model.js";

const outputs = [{ rank: 0, head: 0 }];

/** Calls for texts of 3,000 words, each tokenized by itself and too long for one. */
async function callsOf(model: FakeModel, texts: number): Promise<Calls> {
  const engine = new Engine(model, 2);
  const work = {
    texts: Array.from({ length: texts }, (_, index) => ({ text: `bad${index} `.repeat(3000) })),
    request: { types: ["Disease"], passes: [{ instruction: "", outputs }], overlaps: "keep" as const },
    passes: await engine.prepare([{ instruction: "", outputs }]),
    found: [],
  };
  return new Calls(engine, work, new Stop());
}

async function tokensOf(calls: Calls): Promise<number[]> {
  const lengths: number[] = [];
  for (let call = await calls.next(); call; call = await calls.next()) lengths.push(call.tokens.length);
  return lengths;
}

describe("Calls", () => {
  test("asked several times at once, gives each call once and in order", async () => {
    const expected = await tokensOf(await callsOf(new FakeModel(), 3));
    expect(expected.length).toBeGreaterThan(3);
    const model = new FakeModel();
    const calls = await callsOf(model, 3);
    const asked = await Promise.all(Array.from({ length: expected.length + 3 }, () => calls.next()));
    expect(asked.map((call) => call?.tokens.length)).toEqual([...expected, undefined, undefined, undefined]);
    expect(model.mostInFlight).toBe(1);
  });

  test("takes no promise where all words are known, and tokenizes no further than it is asked", async () => {
    const model = new FakeModel();
    model.knowsWords = true;
    const calls = await callsOf(model, 3);
    const before = model.tokenized.length;
    expect(calls.next()).toMatchObject({ sequences: expect.anything() });
    expect(model.tokenized).toHaveLength(before + 1);
  });

  test("a failure reaches everyone who waits", async () => {
    const model = new FakeModel();
    const calls = await callsOf(model, 2);
    model.tokenize = () => {
      throw Object.assign(new Error("full"), { code: "ERR_VANER_OUT_OF_MEMORY" });
    };
    const asked = await Promise.allSettled([calls.next(), calls.next()]);
    expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("works where something has replaced the global Promise", async () => {
    const { recognizer } = fakeRecognizer();
    const original = globalThis.Promise;
    globalThis.Promise = class extends Promise<unknown> {} as typeof Promise;
    try {
      expect(await recognizer.recognize("bad", { types: ["Disease"] })).toMatchObject([{ text: "bad" }]);
    } finally {
      globalThis.Promise = original;
    }
  });
});
