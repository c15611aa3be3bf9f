import { EventEmitter } from "node:events";
import { request, type ServerResponse } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { Admission } from "../../lib/server/admission.js";
import { createServer } from "../../lib/server/server.js";
import { fakeRecognizer } from "../support/fake-model.js";
import { closeGate, start, until } from "./support.js";

describe("limits", () => {
  test.each([
    ["The text has 11 characters, and 10 are allowed. Divide it.", { text: "a".repeat(11) }],
    ["The text has 12 characters, and 10 are allowed.", { text: { words: ["aaaaa", "bbbbb"] } }],
    [
      "Text 1 has 12 characters, and 10 are allowed.",
      { texts: ["a", { sentences: [["aaaaa"], ["bbbbb"]] }] },
    ],
    ["A request may have 3 texts. Send several requests.", { texts: ["a", "b", "c", "d"] }],
    ["The body is larger than this server allows.", { text: " ".repeat(1000) }],
  ])("refuse: %s", async (detail, body) => {
    const { post } = await start({ limits: { characters: 10, texts: 3, bodyBytes: 500 } });
    const response = await post("/v1/recognize", body);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      code: "ERR_VANER_LIMIT",
      detail: expect.stringContaining(detail),
    });
  });

  test("end what takes too long, and its work", async () => {
    const { post, model } = await start({ limits: { seconds: 1 } });
    const open = closeGate(model);
    const response = await post("/v1/recognize", { text: "A boil." });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({
      code: "ERR_VANER_TIMEOUT",
      detail: "The request took longer than 1 s.",
    });
    await until(() => model.inFlight === 0);
    expect(model.cancelled).toBeGreaterThan(0);
    open();
  });

  test("refuse requests beyond those that wait, until there is a place", async () => {
    const { url, post, model } = await start({ limits: { requests: 2 } });
    const open = closeGate(model);
    const admitted = [1, 2].map(() => post("/v1/recognize", { text: "A boil." }));
    const measures = async () => (await fetch(`${url}/metrics`)).text();
    await until(async () => (await measures()).includes("vaner_requests_under_way 2\n"));
    for (const [path, body] of [
      ["/v1/recognize", { text: "a" }],
      ["/", { inputs: "a" }],
    ] as const) {
      const response = await post(path, body);
      expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
      expect(await response.json()).toMatchObject({ code: "ERR_VANER_OVERLOADED" });
    }
    open();
    for (const response of await Promise.all(admitted)) expect(response.status).toBe(200);
    expect((await post("/v1/recognize", { text: "A boil." })).status).toBe(200);
  });

  test("must be whole numbers", async () => {
    const { recognizer } = fakeRecognizer();
    for (const [limits, message] of [
      [{ texts: 0 }, "`texts` must be a whole number from 1 to"],
      [{ seconds: 1e9 }, "`seconds` must be a whole number from 1 to 2000000, not 1000000000."],
      [{ text: 1 }, 'createServer.limits has no option "text". Did you mean "texts"?'],
    ] as const) {
      await expect(createServer({ recognizer, limits: limits as object })).rejects.toMatchObject({
        code: "ERR_VANER_INVALID_ARGUMENT",
        message: expect.stringContaining(message),
      });
    }
  });
});

test("a client that does not take its answer keeps no place", async () => {
  const { post } = await start({ limits: { requests: 1, seconds: 1 } });
  const texts = Array.from({ length: 200 }, () => "b ".repeat(2_000)); // 35 MB of entities
  const headers = { accept: "application/x-ndjson" };
  const body = { texts, types: ["Disease"], consistency: false };
  const unread = await post("/v1/recognize", body, { headers });
  expect(unread.status).toBe(200);
  let status = 429;
  while (status === 429) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    status = (await post("/v1/recognize", { text: "A boil." })).status;
  }
  expect(status).toBe(200);
  // It was let go, unless the time was over before what was left to send had filled the buffers.
  const answer = await unread.text().catch(() => "broken off");
  expect(answer.slice(-80)).toMatch(/^broken off$|"code":"ERR_VANER_TIMEOUT"\}\}\s*$/);
});

test("a client that has gone before its request was admitted takes no place", () => {
  const admission = new Admission(1);
  admission.enter(Object.assign(new EventEmitter(), { closed: true }) as ServerResponse);
  expect(admission.underWay).toBe(0);
});

describe("the work of a client that has gone", () => {
  test.each([["application/json"], ["application/x-ndjson"]])("is cancelled: %s", async (accept) => {
    const { url, post, model } = await start({ limits: { requests: 1 } });
    const open = closeGate(model);
    const headers = { "content-type": "application/json", accept };
    const client = request(`${url}/v1/recognize`, { method: "POST", headers });
    client.on("error", () => {});
    client.end(JSON.stringify({ texts: ["A boil."] }));
    await until(() => model.inFlight > 0);
    client.destroy();
    await until(() => model.inFlight === 0);
    expect(model.cancelled).toBeGreaterThan(0);
    open();
    expect((await post("/v1/recognize", { text: "A boil." })).status).toBe(200); // its place is free
  });
});
