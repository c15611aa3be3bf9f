import { PassThrough } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { certainty, fakeRecognizer } from "../support/fake-model.js";
import { closeGate, start, until } from "./support.js";

const text = "Fine. A bad illness and a boil here. 😀 No boil.";
const types = ["Disease"];

describe("POST /v1/recognize", () => {
  test("answers a text as the library does", async () => {
    const { post } = await start();
    const response = await post("/v1/recognize", { text, types });
    expect(response.status).toBe(200);
    const { recognizer } = fakeRecognizer();
    expect(await response.json()).toEqual({ entities: await recognizer.recognize(text, { types }) });
  });

  test("answers several texts in their order", async () => {
    const { post } = await start();
    const texts = ["A boil.", "", { words: ["bad", "illness"] }, { sentences: [["a", "boil"], ["bad"]] }];
    const { results } = Object(await (await post("/v1/recognize", { texts, types })).json());
    const found = results.map(({ entities }: { entities: { text: string }[] }) =>
      entities.map((each) => each.text),
    );
    expect(found).toEqual([["boil"], [], ["bad illness"], ["boil", "bad"]]);
  });

  test("answers as JSON lines", async () => {
    const { post } = await start();
    const headers = { accept: "application/x-ndjson" };
    const response = await post("/v1/recognize", { texts: [text, "", "A boil."], types }, { headers });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await response.text())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ entities }) => entities.length)).toEqual([3, 0, 1]);
    const none = await post("/v1/recognize", { texts: [] }, { headers });
    expect([none.status, await none.text()]).toEqual([200, ""]);
  });

  test("answers as JSON lines no faster than the client reads", async () => {
    const { post, model } = await start();
    const texts = Array.from({ length: 200 }, () => "b ".repeat(2_000)); // an entity each, 35 MB in all
    const headers = { accept: "application/x-ndjson" };
    const body = { texts, types, consistency: false };
    const response = await post("/v1/recognize", body, { headers });
    const settled = async () => {
      for (let before = -1; before !== model.calls.length; ) {
        before = model.calls.length;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      return model.calls.length;
    };
    const ahead = await settled();
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines).toHaveLength(texts.length);
    expect(ahead).toBeLessThan(model.calls.length / 2);
  });

  test("counts code points when asked to", async () => {
    const { post } = await start();
    const starts = async (offsets?: string) => {
      const { entities } = Object(await (await post("/v1/recognize", { text, types, offsets })).json());
      return entities.map(({ start }: { start: number }) => start);
    };
    expect(await starts()).toEqual([8, 26, 43]);
    expect(await starts("utf-16")).toEqual([8, 26, 43]);
    expect(await starts("code-points")).toEqual([8, 26, 42]);
  });

  test("passes all options on", async () => {
    const { post } = await start(
      {},
      { rule: (_piece, seen) => (seen.startsWith("ncbi:Disease>") ? "B" : "O") },
    );
    const body = {
      text: "a\nb",
      dataset: "ncbi",
      lines: true,
      consistency: false,
      overlaps: "resolve",
      aggregation: "max",
    };
    const { entities } = Object(await (await post("/v1/recognize", body)).json());
    expect(entities).toEqual([
      { type: "Disease", text: "a", start: 0, end: 1, score: certainty, sentence: 0 },
      { type: "Disease", text: "b", start: 2, end: 3, score: certainty, sentence: 1 },
    ]);
  });

  test("shares batches between clients, with the results of single calls", async () => {
    const { post, model } = await start();
    const open = closeGate(model);
    const texts = Array.from({ length: 64 }, (_, index) => `A bad${index} boil.`);
    const answers = Promise.all(texts.map((each) => post("/v1/recognize", { text: each, types })));
    await until(() => model.inFlight > 8);
    open();
    const { recognizer } = fakeRecognizer();
    for (const [index, response] of (await answers).entries()) {
      expect(await response.json()).toEqual({
        entities: await recognizer.recognize(texts[index] as string, { types }),
      });
    }
  });

  test("writes lone surrogates as it read them", async () => {
    const { post } = await start();
    const response = await post("/v1/recognize", String.raw`{"text":"b\ud800","types":["Disease"]}`);
    expect(await response.json()).toMatchObject({ entities: [{ text: "b" }] });
  });
});

describe("a wrong request", () => {
  test.each([
    [400, "INVALID_ARGUMENT", 'The body has no field "txt". Did you mean "text"?', { txt: "a" }],
    [400, "INVALID_ARGUMENT", "The body must have either `text` or `texts`.", {}],
    [400, "INVALID_ARGUMENT", "The body must have either `text` or `texts`.", { text: "a", texts: [] }],
    [
      400,
      "INVALID_ARGUMENT",
      "`text` must be a string, or an object with either `words` or `sentences`",
      { text: 5 },
    ],
    [400, "INVALID_ARGUMENT", "The text has a word that is empty", { text: { words: ["a", ""] } }],
    [400, "INVALID_ARGUMENT", '`types` must be an array, not "Disease".', { text: "a", types: "Disease" }],
    [400, "INVALID_ARGUMENT", "`types` is empty", { text: "a", types: [] }],
    [400, "INVALID_ARGUMENT", '`overlaps` must be one of "keep", "resolve"', { text: "a", overlaps: "none" }],
    [400, "INVALID_ARGUMENT", "The body must be an object, not an array.", []],
    [400, "INVALID_ARGUMENT", "The body is not JSON in UTF-8: Unexpected end of JSON input.", ""],
    [400, "INVALID_ARGUMENT", "The body is not JSON in UTF-8: Unexpected end of JSON input.", '{"text":'],
    [400, "INVALID_ARGUMENT", 'The body has no field "__proto__".', '{"text":"a","__proto__":{}}'],
    [400, "INVALID_ARGUMENT", "The body is not JSON", "[".repeat(1_000_000)],
    [400, "INVALID_ARGUMENT", "The body must be an object", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
    [400, "INVALID_ARGUMENT", "The body is not JSON in UTF-8", Buffer.from('{"text":"\xff"}', "latin1")],
    [422, "UNKNOWN_TYPE", 'Did you mean "Disease"?', { text: "a", types: ["Diseases"] }],
    [422, "UNKNOWN_DATASET", 'not trained on the dataset "ncb"', { text: "a", dataset: "ncb" }],
    [422, "UNKNOWN_INSTRUCTION", "none", { text: "a", instruction: "none" }],
    [404, "NOT_FOUND", 'There is no model "other". The models are "fake".', { text: "a", model: "other" }],
  ])("is %i %s: %s", async (status, code, detail, body) => {
    const { post } = await start();
    const response = await post("/v1/recognize", body);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({
      type: "about:blank",
      title: expect.stringMatching(/^[A-Z]/),
      status,
      detail: expect.stringContaining(detail),
      code: `ERR_VANER_${code}`,
    });
    expect(response.status).toBe(status);
  });

  test("is no JSON by its name", async () => {
    const { post } = await start();
    const response = await post("/v1/recognize", "a", { headers: { "content-type": "text/plain" } });
    expect(await response.json()).toMatchObject({
      status: 415,
      detail: "The body must be JSON: send it with the header Content-Type: application/json.",
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
  });

  test("is JSON as it is, not compressed", async () => {
    const { post } = await start();
    const body = gzipSync('{"text":"a"}');
    const response = await post("/v1/recognize", body, { headers: { "content-encoding": "gzip" } });
    expect(await response.json()).toMatchObject({
      status: 400,
      detail: 'The body is encoded as "gzip": send JSON as it is.',
    });
  });

  test("has a path in percent-encoding", async () => {
    const { post } = await start();
    const response = await post("/models/%ff", { inputs: "a" });
    expect(await response.json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining("write % as %25"),
    });
  });

  test("has the status of its options also where JSON lines are asked for", async () => {
    const { post } = await start();
    const headers = { accept: "application/x-ndjson" };
    const response = await post("/v1/recognize", { texts: ["a"], types: ["None"] }, { headers });
    expect(await response.json()).toMatchObject({ status: 422, code: "ERR_VANER_UNKNOWN_TYPE" });
  });
});

describe("a failure of the model", () => {
  const failure = Object.assign(new Error("no device"), { code: "ERR_VANER_DEVICE" });

  test("is told", async () => {
    const { post, model } = await start();
    model.failure = failure;
    const response = await post("/v1/recognize", { text: "a" });
    expect(await response.json()).toMatchObject({ status: 500, code: "ERR_VANER_DEVICE" });
  });

  test("is the last of JSON lines", async () => {
    const stream = new PassThrough();
    const log = { level: "error", stream } as const;
    const { post, model } = await start({ limits: { characters: 200_000 }, log });
    const texts = ["A boil.", ...Array.from({ length: 3 }, () => "A boil. ".repeat(20_000))];
    const response = await post(
      "/v1/recognize",
      { texts, types },
      { headers: { accept: "application/x-ndjson" } },
    );
    model.failure = failure;
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines.length).toBeLessThan(5);
    expect(JSON.parse(lines.at(-1) as string)).toMatchObject({ error: { code: "ERR_VANER_DEVICE" } });
    expect(String(stream.read())).toContain("no device");
  });
});
