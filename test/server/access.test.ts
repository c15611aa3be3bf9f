import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, describe, expect, test } from "@jest/globals";
import { Tokens } from "../../lib/server/tokens.js";
import { start } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-tokens-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe("tokens", () => {
  test("open the API, but not the state of the process", async () => {
    const { url, server, post } = await start({
      tokenFile: file("tokens", "# of a\nfirst\r\n\n  second  \n"),
    });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const with_ = async (headers: Record<string, string>) =>
      (await post("/v1/recognize", { text: "a" }, { headers })).status;
    expect(await with_({ authorization: "Bearer first" })).toBe(200);
    expect(await with_({ authorization: "bearer second" })).toBe(200);
    for (const wrong of [
      "Bearer third",
      "Bearer",
      "Bearer # of a",
      "Basic first",
      "first",
      "Bearer firs",
      "",
    ])
      expect({ wrong, status: await with_({ authorization: wrong }) }).toEqual({ wrong, status: 401 });
    for (const path of ["/v1/model", "/metrics", "/v1/types"]) {
      const response = await fetch(url + path);
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect(await response.json()).toMatchObject({ code: "ERR_VANER_UNAUTHORIZED" });
    }
    file("tokens", "third");
    await server.reload();
    expect(await with_({ authorization: "Bearer third" })).toBe(200);
    expect(await with_({ authorization: "Bearer first" })).toBe(401);
  });

  test("stay when their file cannot be read again", async () => {
    const path = file("gone", "first");
    const tokens = await Tokens.read(path);
    rmSync(path);
    await expect(tokens.reload()).rejects.toMatchObject({ code: "ERR_VANER_INVALID_ARGUMENT" });
    tokens.check("Bearer first");
  });

  test.each([
    ["", "has no token: write one a line."],
    ["# first\n", "has no token: write one a line."],
    ["first second\n", "has a space inside."],
    ["f\u00efrst\n", "has a character that no header can have: write letters,"],
    ["\ufefff\0i\0r\0s\0t\0\n", "has a character that no header can have: write letters,"],
  ])("must be in the file: %j", async (content, message) => {
    await expect(Tokens.read(file("wrong", content))).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });
});

describe("pages of other origins", () => {
  const origin = "https://example.org";
  const preflight = (url: string) =>
    fetch(`${url}/v1/recognize`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });

  test("may not ask", async () => {
    const { url } = await start();
    const { headers } = await preflight(url);
    expect(headers.has("access-control-allow-origin")).toBe(false);
  });

  test("may ask if they are named, without a token for the question whether", async () => {
    const { url, post } = await start({ cors: [origin], tokenFile: file("cors", "first") });
    const { status, headers } = await preflight(url);
    expect([status, headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    const response = await post("/v1/recognize", { text: "a" }, { headers: { origin } });
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([401, origin]);
    const other = await fetch(`${url}/healthz`, { headers: { origin: "https://example.com" } });
    expect(other.headers.get("access-control-allow-origin")).not.toBe("https://example.com");
  });

  test("may ask if any may", async () => {
    const { url } = await start({ cors: ["*"] });
    expect((await preflight(url)).headers.get("access-control-allow-origin")).toBe("*");
  });
});

test("what is asked is logged where that is wanted", async () => {
  const stream = new PassThrough();
  const { post, server } = await start({ log: { level: "info", stream, texts: true } });
  await post("/v1/recognize", { text: "secret" });
  await server.close();
  expect(String(stream.read())).toContain('"body":{"text":"secret"}');
});

test("measures are those of Prometheus", async () => {
  const { url, post } = await start();
  await post("/v1/recognize", { texts: ["A boil.", "b"] });
  await post("/v1/recognize", {});
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  for (const line of [
    'vaner_http_request_duration_seconds_count{method="POST",route="/v1/recognize",status="200"} 1',
    'vaner_http_request_duration_seconds_count{method="POST",route="/v1/recognize",status="400"} 1',
    "vaner_requests_under_way 0",
    "vaner_texts_total 2",
    "vaner_characters_total 8",
    'vaner_model_batches{model="fake"} 1',
    'vaner_model_tokens_under_way{model="fake"} 0',
    'vaner_model_calls_waiting{model="fake"} 0',
  ])
    expect(text.split("\n")).toContain(line);
  expect(text).toMatch(/^vaner_model_tokens\{model="fake"\} [1-9]/m);
  expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m);
});
