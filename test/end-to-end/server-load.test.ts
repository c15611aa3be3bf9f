import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "@jest/globals";
import { Recognizer } from "../../lib/index.js";
import { fixture } from "../support/paths.js";
import { serve, stopServers } from "../support/serve.js";

afterEach(stopServers);

const requests = 10_000;
const clients = 64;

/** What a client does: every hundredth breaks its request, and every hundredth leaves. */
const kindOf = (index: number) => ({ 33: "broken", 66: "leaving" })[index % 100] ?? "whole";
const textOf = (index: number) => `Aspirin ${index % 7} can cause asthma ${index % 11} in rats.`;

test("10,000 requests, some broken and some left, lose nothing, and memory stays flat", async () => {
  const model = fixture("tiny-f32");
  const { url, child, ended } = await serve("-m", model);
  await using recognizer = await Recognizer.load({ model });
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const expected = new Map<string, string>();
  for (let index = 0; index < 77; index++) {
    const entities = await recognizer.recognize(textOf(index));
    expected.set(textOf(index), JSON.stringify({ entities }));
  }
  const counts: Record<string, number> = {};
  const memory: number[] = [];
  let next = 0;

  const ask = async (index: number): Promise<string> => {
    const kind = kindOf(index);
    const headers = { "content-type": "application/json" };
    const asked = request(`${url}/v1/recognize`, { method: "POST", agent, headers });
    const body = JSON.stringify({ text: textOf(index) });
    asked.end(kind === "broken" ? body.slice(0, -1) : body);
    if (kind === "leaving") {
      asked.on("error", () => {});
      await once(asked, "finish");
      asked.destroy();
      return "left";
    }
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const answer = await text(response);
    if (kind === "broken") return JSON.parse(answer).code;
    return answer === expected.get(textOf(index)) ? "right" : `wrong: ${answer}`;
  };
  const client = async () => {
    for (let index = next++; index < requests; index = next++) {
      const outcome = await ask(index);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (index % 2_000 === 1_999) memory.push(await residentBytes(url));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));

  expect(counts).toEqual({ right: 9_800, ERR_VANER_INVALID_ARGUMENT: 100, left: 100 });
  const measures = await (await fetch(`${url}/metrics`)).text();
  expect(measures).toMatch(/^vaner_requests_under_way 0$/m);
  expect(measures).toMatch(/^vaner_model_tokens_under_way\{.*\} 0$/m);
  const [warm = 0, ...later] = memory.slice(1);
  expect(Math.max(...later)).toBeLessThan(1.25 * warm);
  agent.destroy();
  child.kill("SIGTERM");
  expect(await ended).toBe(process.platform === "win32" ? null : 0);
});

async function residentBytes(url: string): Promise<number> {
  const [, bytes] =
    /^process_resident_memory_bytes (\S+)$/m.exec(await (await fetch(`${url}/metrics`)).text()) ?? [];
  return Number(bytes);
}
