import { describe, expect, test } from "vitest";
import { Engine } from "../../lib/recognizer/engine.js";
import { FakeModel } from "../support/fake-model.js";

const outputs = [{ rank: 0, head: 0 }];

describe("preparing an instruction", () => {
  test("puts the start token in front and leaves the rest of the sequence to the text", async () => {
    const engine = new Engine(new FakeModel(), 2);
    const { prefix, room } = await engine.prepare({ instruction: "Disease>", outputs });
    expect(prefix[0]).toBe(0);
    expect(prefix).toHaveLength(3);
    expect(room).toBe(29);
  });

  test("a sequence is as long as training and the model's positions allow", async () => {
    const room = async (maxTokens: number, contextLength: number) => {
      const engine = new Engine(new FakeModel({ maxTokens, contextLength }), 2);
      return (await engine.prepare({ instruction: "", outputs })).room;
    };
    expect(await room(32, 64)).toBe(31);
    expect(await room(128, 64)).toBe(63);
    expect(await room(0, 64)).toBe(63);
  });

  test("keeps no more instructions than it needs", async () => {
    const model = new FakeModel();
    const engine = new Engine(model, 2);
    for (let index = 0; index < 300; index++) await engine.prepare({ instruction: `${index}`, outputs });
    await engine.prepare({ instruction: "299", outputs });
    expect(model.tokenized).toHaveLength(300);
    await engine.prepare({ instruction: "0", outputs });
    expect(model.tokenized).toHaveLength(301);
  });

  test("a failure is not kept", async () => {
    const model = new FakeModel();
    const engine = new Engine(model, 2);
    const tokenize = model.tokenize.bind(model);
    model.tokenize = () => {
      throw Object.assign(new Error("full"), { code: "ERR_VANER_OUT_OF_MEMORY" });
    };
    const pass = { instruction: "Disease>", outputs };
    await expect(engine.prepare(pass)).rejects.toMatchObject({ code: "ERR_VANER_OUT_OF_MEMORY" });
    model.tokenize = tokenize;
    expect((await engine.prepare(pass)).prefix).toHaveLength(3);
  });
});
