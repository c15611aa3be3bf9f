import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { start } from "./support.js";

/** Sends bytes as they are, and reads until the server ends the connection. */
async function exchange(url: string, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (piece) => (answer += piece));
  socket.on("error", () => {}); // the server may end before it has read all
  for (const piece of pieces) socket.write(piece);
  await once(socket, "close");
  return answer;
}

const post = (body: string, ...headers: readonly string[]) =>
  [
    "POST /v1/recognize HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    "",
    body,
  ].join("\r\n");
const body = JSON.stringify({ text: "A boil.", types: ["Disease"] });

describe("the server goes on after", () => {
  test.each([
    ["what is no HTTP", "\x16\x03\x01 not http\r\n\r\n", 400, "ERR_VANER_INVALID_ARGUMENT"],
    ["two lengths", post(body, "Content-Length: 1"), 400, "ERR_VANER_INVALID_ARGUMENT"],
    ["huge headers", `GET / HTTP/1.1\r\nX: ${"a".repeat(100_000)}\r\n\r\n`, 431, "ERR_VANER_LIMIT"],
    [
      "a URL that is wrong",
      "GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      400,
      "ERR_VANER_INVALID_ARGUMENT",
    ],
    [
      "a body that is too large",
      post("", "Transfer-Encoding: chunked").replace("Content-Length: 0\r\n", "") +
        `${(1 << 20).toString(16)}\r\n${" ".repeat(1 << 20)}\r\n`.repeat(3),
      413,
      "ERR_VANER_LIMIT",
    ],
    [
      "a length that is too large",
      post("").replace("Length: 0", "Length: 1073741824"),
      413,
      "ERR_VANER_LIMIT",
    ],
  ])("%s", async (_name, request, status, code) => {
    const { url, post } = await start({ limits: { bodyBytes: 1 << 20 } });
    const answer = await exchange(url, request);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({ status, code });
    expect((await post("/v1/recognize", JSON.parse(body))).status).toBe(200);
  });

  test("a client that stops in the middle", async () => {
    const { url, post: send } = await start();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write(post(body).slice(0, -5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await send("/v1/recognize", JSON.parse(body))).status).toBe(200);
  });
});

test("clients that send too slowly keep nobody waiting, and are sent away", async () => {
  const { url, post: send } = await start({ limits: { seconds: 1, requests: 2 } });
  const slow = [`GET / HTTP/1.1\r\nHost: a\r\n`, post(body).slice(0, -5)];
  const answers = Array.from({ length: 20 }, (_, index) => exchange(url, slow[index % 2] as string));
  expect((await send("/v1/recognize", JSON.parse(body))).status).toBe(200);
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({ code: "ERR_VANER_LIMIT" });
  }
});

test("a client that is still sending does not keep the server from ending", async () => {
  const { server, url } = await start({ limits: { seconds: 1 } });
  const answer = exchange(url, post(body).slice(0, -5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await server.close();
  expect(await answer).not.toMatch(/ 200 /);
});

test("pipelined requests are answered in their order", async () => {
  const { url } = await start();
  const texts = ["A boil.", "", "A boil. A boil."];
  const bodies = texts.map((text) => JSON.stringify({ text, types: ["Disease"] }));
  const requests = bodies.map((each, index) => post(each, ...(index === 2 ? ["Connection: close"] : [])));
  const answer = await exchange(url, requests.join(""));
  const found = answer.split("HTTP/1.1 200 OK").slice(1);
  expect(found.map((each) => JSON.parse(each.slice(each.indexOf("\r\n\r\n"))).entities.length)).toEqual([
    1, 0, 2,
  ]);
});
