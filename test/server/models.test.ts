import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "@jest/globals";
import type { Recognizer } from "../../lib/recognizer/recognizer.js";
import { Models } from "../../lib/server/models.js";
import { fakeRecognizer } from "../support/fake-model.js";

/** Models of which each loading gives another recognizer. */
function someModels(names: readonly string[] = ["first", "second"]) {
  const loaded: Recognizer[] = [];
  const disposed: Recognizer[] = [];
  const source = {
    load: async () => {
      const { recognizer } = fakeRecognizer();
      loaded.push(recognizer);
      return recognizer;
    },
    dispose: async (recognizer: Recognizer) => {
      disposed.push(recognizer);
    },
  };
  const models = new Models(new Map(names.map((name) => [name, source])));
  return { models, loaded, disposed };
}

const response = () => new EventEmitter() as ServerResponse;

describe("models", () => {
  test("are known by their names, and the first one without", async () => {
    const { models, loaded } = someModels();
    expect(models.ready).toBe(false);
    await models.load();
    expect(models.ready).toBe(true);
    expect(await models.borrow(undefined, response())).toBe(loaded[0]);
    expect(await models.borrow("second", response())).toBe(loaded[1]);
    await expect(models.borrow("third", response())).rejects.toMatchObject({ code: "ERR_VANER_NOT_FOUND" });
  });

  test("that are loaded again serve new requests, and the old ones end with theirs", async () => {
    const { models, loaded, disposed } = someModels(["only"]);
    await models.load();
    const before = response();
    expect(await models.borrow("only", before)).toBe(loaded[0]);
    await models.reload();
    expect(await models.borrow("only", response())).toBe(loaded[1]);
    expect(disposed).toEqual([]);
    before.emit("close");
    await Promise.resolve();
    expect(disposed).toEqual([loaded[0]]);
  });

  test("that fail to load again stay", async () => {
    const { recognizer } = fakeRecognizer();
    let calls = 0;
    const load = async () => {
      if (calls++ > 0) throw new Error("gone");
      return recognizer;
    };
    const models = new Models(new Map([["only", { load, dispose: async () => {} }]]));
    await models.load();
    await expect(models.reload()).rejects.toThrow("gone");
    expect(await models.borrow("only", response())).toBe(recognizer);
  });

  test("that are loaded again twice at a time are all freed in the end", async () => {
    const { models, loaded, disposed } = someModels(["only"]);
    await models.load();
    await Promise.all([models.reload(), models.reload()]);
    await models.dispose();
    expect(disposed.map((each) => loaded.indexOf(each))).toEqual([0, 1, 2]);
  });

  test("that are freed while they load again are freed with what was loaded", async () => {
    const { models, loaded, disposed } = someModels(["only"]);
    await models.load();
    const reloaded = models.reload();
    await Promise.all([reloaded, models.dispose()]);
    expect(disposed.map((each) => loaded.indexOf(each))).toEqual(Array.from(loaded.keys()));
  });

  test("that could not be loaded can be loaded again", async () => {
    const { recognizer } = fakeRecognizer();
    let calls = 0;
    const load = async () => {
      if (calls++ === 0) throw new Error("gone");
      return recognizer;
    };
    const models = new Models(new Map([["only", { load, dispose: async () => {} }]]));
    await expect(models.load()).rejects.toThrow("gone");
    await models.reload();
    expect(models.ready).toBe(true);
    expect(await models.borrow("only", response())).toBe(recognizer);
  });

  test("are freed when their requests have ended", async () => {
    const { models, disposed } = someModels();
    await models.load();
    const last = response();
    await models.borrow("first", last);
    await models.dispose();
    expect(disposed).toHaveLength(1);
    last.emit("close");
    await Promise.resolve();
    expect(disposed).toHaveLength(2);
  });
});
