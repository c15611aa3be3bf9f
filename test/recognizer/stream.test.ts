import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "@jest/globals";
import { streamTexts } from "../../lib/recognizer/stream.js";
import type { TextSource } from "../../lib/recognizer/text-source.js";
import { fakeRecognizer } from "../support/fake-model.js";

const types = ["Disease"];
const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A source that counts the texts taken and records whether it was closed. */
function counted(count: number) {
  const state = { taken: 0, closed: false };
  async function* texts() {
    try {
      for (; state.taken < count; ) yield `Text ${state.taken++} is bad.`;
    } finally {
      state.closed = true;
    }
  }
  return { state, texts: texts() };
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("recognizeStream", () => {
  test("yields every text with its entities, in order, from any iterable", async () => {
    const { recognizer } = fakeRecognizer();
    const texts = Array.from({ length: 500 }, (_, index) => `Text ${index} is bad${index}.`);
    const expected = (await recognizer.recognizeBatch(texts, { types })).map((entities, index) => ({
      text: texts[index],
      entities,
    }));
    async function* later() {
      for (const text of texts) {
        if (text.includes("7")) await tick();
        yield text;
      }
    }
    for (const source of [texts, new Set(texts), texts.values(), later()] as TextSource[]) {
      expect(await collect(recognizer.recognizeStream(source, { types }))).toEqual(expected);
    }
    expect(await collect(recognizer.recognizeStream([]))).toEqual([]);
  });

  test("reads ahead no further than documented", async () => {
    const { recognizer } = fakeRecognizer();
    const { state, texts } = counted(2000);
    let given = 0;
    for await (const _ of recognizer.recognizeStream(texts, { types })) {
      given++;
      if (given % 50 === 0) for (let wait = 0; wait < 20; wait++) await tick();
      expect(state.taken - given).toBeLessThanOrEqual(129);
    }
    expect(given).toBe(2000);
    expect(state.closed).toBe(true);
  });

  test("keeps no memory of delivered texts", async () => {
    setFlagsFromString("--expose_gc");
    const collect: () => void = runInNewContext("gc");
    function* many() {
      for (let index = 0; index < 60_000; index++) yield "a text";
    }
    const heap: number[] = [];
    let passed = 0;
    for await (const _ of streamTexts(many(), async (texts) => texts.map(() => []))) {
      if (++passed % 20_000 !== 0) continue;
      collect();
      heap.push(process.memoryUsage().heapUsed);
    }
    // A hundred bytes per text would be four million.
    expect((heap[2] as number) - (heap[0] as number)).toBeLessThan(1_000_000);
  });

  test("collects batches while the model is busy", async () => {
    const { recognizer, model } = fakeRecognizer();
    await collect(recognizer.recognizeStream(counted(1000).texts, { types }));
    expect(model.calls.length).toBeLessThan(50);
  });

  test("yields a finished result without waiting for a slow source", async () => {
    const { recognizer } = fakeRecognizer();
    async function* stuck() {
      yield "bad";
      await new Promise(() => {});
    }
    const stream = recognizer.recognizeStream(stuck(), { types });
    expect((await stream.next()).value).toMatchObject({ text: "bad", entities: [{ text: "bad" }] });
  });

  test("closes the source and all work when the consumer stops early", async () => {
    const { recognizer, model } = fakeRecognizer();
    const { state, texts } = counted(2000);
    for await (const _ of recognizer.recognizeStream(texts, { types })) break;
    await tick();
    expect(state.closed).toBe(true);
    expect(model.inFlight).toBe(0);
    await recognizer.dispose();
  });

  test("delivers the texts before a failure of the source first", async () => {
    const { recognizer } = fakeRecognizer();
    async function* broken() {
      yield "bad";
      yield "worse";
      throw new Error("source");
    }
    const given: string[] = [];
    const run = async () => {
      for await (const { text } of recognizer.recognizeStream(broken())) given.push(text);
    };
    await expect(run()).rejects.toThrow("source");
    expect(given).toEqual(["bad", "worse"]);
  });

  test("names the position of an invalid text", async () => {
    const { recognizer } = fakeRecognizer();
    await expect(collect(recognizer.recognizeStream(["a", 3 as unknown as string]))).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
      message: expect.stringContaining("Text 1"),
    });
  });

  test.each(["text", 3, null, undefined, {}])(
    "the source must be an iterable of texts: rejects %j",
    async (source) => {
      const { recognizer } = fakeRecognizer();
      await expect(recognizer.recognizeStream(source as TextSource).next()).rejects.toMatchObject({
        code: "ERR_VANER_INVALID_ARGUMENT",
      });
    },
  );

  test("throws a failure of the model, also while the consumer is busy", async () => {
    const { recognizer, model } = fakeRecognizer();
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const run = async () => {
      for await (const _ of recognizer.recognizeStream(counted(500).texts, { types })) {
        model.failure = Object.assign(new Error("lost"), { code: "ERR_VANER_COMPUTE" });
        for (let wait = 0; wait < 10; wait++) await tick();
      }
    };
    await expect(run()).rejects.toMatchObject({ code: "ERR_VANER_COMPUTE" });
    await tick();
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });

  test("throws a failure of the last batch exactly once", async () => {
    const { recognizer, model } = fakeRecognizer();
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const run = async () => {
      for await (const { text } of recognizer.recognizeStream(["one", "two", "three"], { types })) {
        if (text === "one") model.failure = Object.assign(new Error("lost"), { code: "ERR_VANER_COMPUTE" });
      }
    };
    await expect(run()).rejects.toMatchObject({ code: "ERR_VANER_COMPUTE" });
    for (let wait = 0; wait < 5; wait++) await tick();
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });

  test("aborts with the reason: at the start, while waiting for the source, between results", async () => {
    const { recognizer } = fakeRecognizer();
    await expect(
      recognizer.recognizeStream(["a"], { signal: AbortSignal.abort("before") }).next(),
    ).rejects.toBe("before");

    const waiting = new AbortController();
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const next = recognizer.recognizeStream(never, { signal: waiting.signal }).next();
    next.catch(() => {});
    await tick();
    waiting.abort("waiting");
    await expect(next).rejects.toBe("waiting");

    const between = new AbortController();
    const { state, texts } = counted(500);
    const stream = recognizer.recognizeStream(texts, { signal: between.signal });
    await stream.next();
    between.abort("between");
    await expect(stream.next()).rejects.toBe("between");
    expect(state.closed).toBe(true);
  });

  test("ends when the recognizer is disposed of", async () => {
    const { recognizer } = fakeRecognizer();
    const stream = recognizer.recognizeStream(counted(1000).texts, { types });
    await stream.next();
    await recognizer.dispose();
    await expect(collect(stream)).rejects.toMatchObject({ code: "ERR_VANER_DISPOSED" });
  });
});
