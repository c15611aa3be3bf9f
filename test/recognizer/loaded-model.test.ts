import { describe, expect, test } from "@jest/globals";
import { LoadedModel, type PreparedPass } from "../../lib/recognizer/loaded-model.js";
import { FakeModel } from "../support/fake-model.js";

const outputs = [{ ranks: [0], head: 0 }];

async function prepare(loaded: LoadedModel, instruction: string): Promise<PreparedPass> {
  const [pass] = await loaded.prepare([{ instruction, outputs }]);
  return pass as PreparedPass;
}

describe("LoadedModel.prepare", () => {
  test("puts the start token first and leaves the rest of the sequence for text", async () => {
    const loaded = new LoadedModel(new FakeModel(), 2);
    const { prefix, room } = await prepare(loaded, "Disease>");
    expect(prefix[0]).toBe(0);
    expect(prefix).toHaveLength(3);
    expect(room).toBe(29);
  });

  test("limits sequences to the training length and the model's context", async () => {
    const room = async (maxTokens: number, contextLength: number) => {
      const loaded = new LoadedModel(new FakeModel({ maxTokens, contextLength }), 2);
      return (await prepare(loaded, "")).room;
    };
    expect(await room(32, 64)).toBe(31);
    expect(await room(128, 64)).toBe(63);
    expect(await room(0, 64)).toBe(63);
  });

  test("limits the number of cached instructions", async () => {
    const model = new FakeModel();
    const loaded = new LoadedModel(model, 2);
    for (let index = 0; index < 300; index++) await prepare(loaded, `${index}`);
    await prepare(loaded, "299");
    expect(model.tokenized).toHaveLength(300);
    await prepare(loaded, "0");
    expect(model.tokenized).toHaveLength(301);
  });

  test("returns a cached instruction synchronously", async () => {
    const loaded = new LoadedModel(new FakeModel(), 2);
    const passes = ["Disease>", "Chemical>"].map((instruction) => ({ instruction, outputs }));
    const first = loaded.prepare(passes);
    expect(first).toBeInstanceOf(Promise);
    expect(loaded.prepare(passes)).toBeInstanceOf(Promise); // not tokenized yet
    const prepared = await first;
    expect(loaded.prepare(passes)).toEqual(prepared);
  });

  test("does not cache a failure", async () => {
    const model = new FakeModel();
    const loaded = new LoadedModel(model, 2);
    const tokenize = model.tokenize.bind(model);
    model.tokenize = () => {
      throw Object.assign(new Error("full"), { code: "ERR_VANER_OUT_OF_MEMORY" });
    };
    await expect(prepare(loaded, "Disease>")).rejects.toMatchObject({ code: "ERR_VANER_OUT_OF_MEMORY" });
    model.tokenize = tokenize;
    expect((await prepare(loaded, "Disease>")).prefix).toHaveLength(3);
  });

  test("leaves no rejection unhandled if a new and a cached instruction are too long", async () => {
    const loaded = new LoadedModel(new FakeModel(), 2);
    const passes = ["new", "cached"].map((word) => ({ instruction: word.repeat(40), outputs }));
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    await expect(prepare(loaded, "cached".repeat(40))).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
    const both = async () => loaded.prepare(passes);
    await expect(both()).rejects.toMatchObject({ code: "ERR_VANER_INVALID_ARGUMENT" });
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });
});
