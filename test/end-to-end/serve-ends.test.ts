import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, describe, expect } from "@jest/globals";
import { abstracts } from "../support/abstracts.js";
import { vanerPath } from "../support/cli.js";
import { fixture } from "../support/paths.js";
import { testExceptOnWindows } from "../support/platforms.js";
import { serve, stopServers } from "../support/serve.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-serve-ends-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(stopServers);

/** Takes the tiny model a second or more. */
const longText = abstracts.join(" ").repeat(60);

/** Asks for the entities of a text that takes long, until the server reads it. */
async function askLong(url: string): Promise<{ readonly answer: Promise<Response> }> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ text: longText });
  const answer = fetch(`${url}/v1/recognize`, { method: "POST", headers, body });
  answer.catch(() => {}); // is met by who asks
  const measures = async () => (await fetch(`${url}/metrics`)).text();
  while (!/^vaner_requests_under_way [1-9]/m.test(await measures())) await sleep(20);
  return { answer };
}

describe("vaner serve", () => {
  testExceptOnWindows.each(["SIGINT", "SIGTERM"] as const)(
    "answers what is under way at %s",
    async (signal) => {
      const { child, url, ended } = await serve("-m", fixture("tiny-f32"), "--threads", "1");
      const { answer } = await askLong(url);
      child.kill(signal);
      const response = await answer;
      expect(response.status).toBe(200);
      expect(Object(await response.json()).entities.length).toBeGreaterThan(1000);
      expect(await ended).toBe(0);
    },
  );

  testExceptOnWindows("ends at once by the second signal", async () => {
    const { child, url } = await serve("-m", fixture("tiny-f32"), "--threads", "1");
    const closed = once(child, "close");
    const { answer } = await askLong(url);
    child.kill("SIGTERM");
    await sleep(100);
    child.kill("SIGTERM");
    await expect(answer).rejects.toThrow();
    expect(await closed).toEqual([null, "SIGTERM"]);
  });

  testExceptOnWindows("ends while its model is loading", async () => {
    const { child, ended } = await serve("--int8", "all");
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });

  testExceptOnWindows("serves with its standard streams closed, and removes its socket", async () => {
    const socketPath = join(folder, "socket");
    const args = [process.execPath, vanerPath(), "serve", "-m", fixture("tiny-f32"), "--socket", socketPath];
    const child = spawn("sh", ["-c", 'exec "$@" <&- >&- 2>&-', "sh", ...args], { stdio: "ignore" });
    const closed = once(child, "close");
    while (!existsSync(socketPath)) await sleep(20);
    const [response] = await once(request({ socketPath, path: "/v1/types" }).end(), "response");
    response.resume();
    expect(response.statusCode).toBe(200);
    child.kill("SIGTERM");
    expect(await closed).toEqual([0, null]);
    expect(existsSync(socketPath)).toBe(false);
  });

  testExceptOnWindows("ends as usual where its socket was removed", async () => {
    const socketPath = join(folder, "removed");
    const args = [vanerPath(), "serve", "-m", fixture("tiny-f32"), "--socket", socketPath];
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    const closed = once(child, "close");
    while (!existsSync(socketPath)) await sleep(20);
    const [response] = await once(request({ socketPath, path: "/v1/types" }).end(), "response");
    response.resume();
    rmSync(socketPath);
    child.kill("SIGTERM");
    expect(await closed).toEqual([0, null]);
  });
});
