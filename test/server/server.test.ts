import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "@jest/globals";
import { createServer } from "../../lib/server/server.js";
import { fakeRecognizer } from "../support/fake-model.js";
import { testExceptOnWindows } from "../support/platforms.js";
import { closeGate, start, until } from "./support.js";

describe("a server", () => {
  test("says what may be asked for", async () => {
    const { url } = await start();
    const get = async (path: string) => (await fetch(url + path)).json();
    expect(await get("/v1/model")).toMatchObject({
      name: "fake",
      models: ["fake"],
      types: ["Disease", "Chemical"],
      datasets: [
        { name: "ncbi", types: ["Disease"] },
        { name: "BC5CDR-chem", types: ["Chemical"] },
        { name: "BC5CDR-disease", types: ["Disease"] },
      ],
      limits: { texts: 1024, seconds: 60 },
    });
    expect(await get("/v1/types?model=fake")).toEqual({ types: ["Disease", "Chemical"] });
    expect(await get("/v1/instructions")).toMatchObject({ instructions: [{ version: 1 }, { version: 1 }] });
    const { formats } = Object(await get("/v1/formats"));
    expect(formats).toContainEqual({
      name: "pubtator",
      title: "PubTator",
      extensions: expect.any(Array),
      readable: true,
      writable: true,
      mediaType: "text/plain; charset=utf-8",
    });
    expect(await get("/healthz")).toEqual({ status: "ok" });
    expect(await get("/readyz")).toEqual({ status: "ready" });
    expect(await get("/v1/types?model=x")).toMatchObject({ status: 404, code: "ERR_VANER_NOT_FOUND" });
    expect(await get("/v1/types?modle=x")).toMatchObject({
      status: 400,
      detail: 'The query has no field "modle". Did you mean "model"? Its fields are "model".',
    });
    expect(await get("/v2?a")).toMatchObject({ status: 404, detail: "There is no GET /v2." });
    const wrong = await fetch(`${url}/v1/recognize?a`);
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
    expect(await wrong.json()).toMatchObject({ detail: "There is no GET /v1/recognize. Ask it with POST." });
  });

  test("sends headers that keep pages apart", async () => {
    const { url } = await start();
    const { headers } = await fetch(`${url}/healthz`);
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.has("access-control-allow-origin")).toBe(false);
  });

  test("finishes what is under way when it is closed, and takes nothing more", async () => {
    const { server, url, post, model } = await start();
    const open = closeGate(model);
    const underWay = post("/v1/recognize", { text: "A boil.", types: ["Disease"] });
    await until(() => model.inFlight > 0);
    const closed = server.close();
    open();
    const response = await underWay;
    expect(await response.json()).toMatchObject({ entities: [{ text: "boil" }] });
    await closed;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    expect(model.disposed).toBe(0); // the recognizer is the caller's
  });

  test("handles the requests of another server", async () => {
    const { server } = await start();
    const other = createHttpServer(server.handle).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = Object(other.address());
    expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()).toEqual({ status: "ok" });
    other.close();
  });

  testExceptOnWindows("listens at a Unix socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vaner-socket-"));
    const { recognizer } = fakeRecognizer();
    const server = await createServer({ recognizer });
    const socketPath = join(folder, "vaner.sock");
    expect(await server.listen({ socket: socketPath })).toContain(socketPath);
    const [response] = await once(request({ socketPath, path: "/healthz" }).end(), "response");
    expect(response.statusCode).toBe(200);
    response.resume();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  test("says when its address is taken", async () => {
    const { url } = await start();
    const { recognizer } = fakeRecognizer();
    const second = await createServer({ recognizer });
    const port = Number(new URL(url).port);
    await expect(second.listen({ port })).rejects.toMatchObject({
      code: "ERR_VANER_SERVER",
      message: expect.stringMatching(/^The server cannot listen at 127\.0\.0\.1:\d+: .*EADDRINUSE/),
    });
    await second.close();
  });

  testExceptOnWindows("says what to do about a socket that is left over", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vaner-socket-"));
    const socket = join(folder, "left");
    writeFileSync(socket, "");
    const { recognizer } = fakeRecognizer();
    const other = await createServer({ recognizer });
    await expect(other.listen({ socket })).rejects.toMatchObject({
      code: "ERR_VANER_SERVER",
      message: expect.stringContaining("Remove it if no server listens there"),
    });
    await other.close();
    rmSync(folder, { recursive: true });
  });

  test.each([
    [{ host: "" }, '`host` must be an address such as 127.0.0.1, not "".'],
    [{ port: 65_536 }, "`port` must be a whole number from 0 to 65535, not 65536."],
    [{ port: "80" }, '`port` must be a whole number from 0 to 65535, not "80".'],
    [{ socket: "" }, '`socket` must be the path of a Unix socket, not "".'],
    ...(process.platform === "win32"
      ? []
      : [[{ socket: `/${"a".repeat(107)}` }, "The path of `socket` is longer than "] as const]),
  ])("does not listen at %j", async (address, message) => {
    const { recognizer } = fakeRecognizer();
    const server = await createServer({ recognizer });
    await expect(server.listen(address as object)).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
    await server.close();
  });

  test("says when a model cannot be loaded", async () => {
    const server = await createServer({ models: { mine: { model: "nowhere.gguf" } } });
    await expect(server.loaded).rejects.toMatchObject({ code: "ERR_VANER_MODEL_NOT_FOUND" });
    const url = await server.listen({ port: 0 });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    await server.close();
  });

  test("logs requests, and no texts", async () => {
    const stream = new PassThrough();
    const { post, server } = await start({ log: { level: "debug", stream } });
    await post("/v1/recognize", { text: "secret" });
    await post("/v1/recognize", '{"text":"secret');
    await post("/v1/recognize", { secret: "secret" });
    await server.close();
    const log = String(stream.read());
    expect(log).toContain("/v1/recognize");
    expect(log).not.toContain("secret");
  });

  test("has options, which are checked", async () => {
    const { recognizer } = fakeRecognizer();
    for (const [options, message] of [
      [{ model: "a" }, 'createServer has no option "model". Did you mean "models"?'],
      [{ cors: "*" }, '`cors` must be an array of origins, not "*".'],
      [{ cors: ["https://a.org/"] }, '`cors` has "https://a.org/": an origin is like https://example.org,'],
      [{ cors: ["example.org"] }, '`cors` has "example.org": an origin is like'],
      [{ models: {} }, "`models` is empty: name one or more."],
      [{ recognizer, models: { a: {} } }, "Give either `models` or `recognizer`."],
    ] as const) {
      await expect(createServer(options as object)).rejects.toMatchObject({
        code: "ERR_VANER_INVALID_ARGUMENT",
        message: expect.stringContaining(message),
      });
    }
  });
});
