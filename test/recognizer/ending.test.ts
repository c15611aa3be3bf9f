import { describe, expect, test } from "@jest/globals";
import { type FakeOptions, fakeRecognizer } from "../support/fake-model.js";

const text = "Fine. A bad illness and a boil here. No more.";

describe("aborting", () => {
  test("rejects at once when the signal is already aborted", async () => {
    const { recognizer, model } = fakeRecognizer();
    const reason = new Error("no");
    await expect(recognizer.recognize(text, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(recognizer.recognize(text, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(model.tokenized).toEqual([]);
  });

  test("cancels calls in flight; the recognizer stays usable", async () => {
    const { recognizer, model } = fakeRecognizer();
    const controller = new AbortController();
    model.gate = new Promise(() => {});
    const running = recognizer.recognize("A bad word. ".repeat(5000), {
      types: ["Disease"],
      signal: controller.signal,
    });
    while (model.calls.length < 2) await new Promise((resolve) => setImmediate(resolve));
    controller.abort("enough");
    await expect(running).rejects.toBe("enough");
    expect(model.cancelled).toBe(model.calls.length);
    expect(model.inFlight).toBe(0);
    model.gate = undefined;
    await expect(recognizer.recognize("bad", { types: ["Disease"] })).resolves.toHaveLength(1);
  });

  test("works when many calls share a signal", async () => {
    const { recognizer } = fakeRecognizer();
    const warnings: unknown[] = [];
    const listen = (warning: unknown) => warnings.push(warning);
    process.on("warning", listen);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => recognizer.recognize("bad", { signal })));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listen);
    expect(warnings).toEqual([]);
  });
});

describe("model failures", () => {
  test("reject with a VanerError after all calls in flight have ended", async () => {
    const { recognizer, model } = fakeRecognizer();
    model.failure = Object.assign(new Error("lost"), { code: "ERR_VANER_DEVICE" });
    await expect(recognizer.recognize("A bad word. ".repeat(5000))).rejects.toMatchObject({
      name: "VanerError",
      code: "ERR_VANER_DEVICE",
    });
    expect(model.inFlight).toBe(0);
  });

  test.each<[string, FakeOptions]>([
    ["an unknown segmentation", { words: "whitespace-v9" }],
    ["labels of another tagging", { tagging: "BIOE" }],
  ])("rejects a model with %s", (_what, options) => {
    expect(() => fakeRecognizer(options)).toThrow(
      expect.objectContaining({ code: "ERR_VANER_MODEL_FORMAT" }),
    );
  });
});

describe("disposing", () => {
  test("waits for running calls, rejects later ones, and is idempotent", async () => {
    const { recognizer, model } = fakeRecognizer();
    let open = () => {};
    model.gate = new Promise((resolve) => {
      open = resolve;
    });
    const running = recognizer.recognize("bad", { types: ["Disease"] });
    const disposal = recognizer.dispose();
    for (const call of [
      recognizer.recognize("a"),
      recognizer.recognizeBatch([]),
      recognizer.recognizeStream([]).next(),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "ERR_VANER_DISPOSED" });
    }
    expect(model.disposed).toBe(0);
    open();
    await expect(running).resolves.toHaveLength(1);
    await disposal;
    await recognizer.dispose();
    expect(model.disposed).toBe(1);
  });

  test("works with await using", async () => {
    const { recognizer, model } = fakeRecognizer();
    {
      await using mine = recognizer;
      await mine.recognize("a");
    }
    expect(model.disposed).toBe(1);
  });
});
