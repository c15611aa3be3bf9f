import { once } from "node:events";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Recognizer } from "../../lib/index.js";
import { fixture } from "../support/paths.js";
import { testExceptOnWindows } from "../support/platforms.js";
import { serve, stopServers } from "../support/serve.js";

afterEach(stopServers);

async function recognize(url: string, body: object) {
  const headers = { "content-type": "application/json" };
  return (await fetch(`${url}/v1/recognize`, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

const text = "Aspirin can cause asthma.";

describe("vaner serve", () => {
  testExceptOnWindows.each(["SIGINT", "SIGTERM"] as const)(
    "gives what the library gives, until %s",
    async (signal) => {
      const { child, url, ended, errors } = await serve();
      await using recognizer = await Recognizer.load();
      expect(await recognize(url, { text })).toEqual({ entities: await recognizer.recognize(text) });
      expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ready" });
      child.kill(signal);
      expect(await ended).toBe(0);
      expect(errors()).toBe(`Listening on ${url}. Stop with Ctrl+C.\n`);
    },
  );

  testExceptOnWindows("serves several models by their names, and loads them again", async () => {
    const { child, url, ended, errors } = await serve(
      "-m",
      fixture("tiny-f32"),
      "-m",
      `heads=${fixture("tiny-heads-f32")}`,
    );
    expect(await (await fetch(`${url}/v1/model?model=heads`)).json()).toMatchObject({
      name: "heads",
      models: ["tiny-f32", "heads"],
    });
    const before = await recognize(url, { text, model: "tiny-f32" });
    child.kill("SIGHUP");
    while (!errors().includes("Read tokens and models again.")) await once(child.stderr, "data");
    expect(await recognize(url, { text })).toEqual(before);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });

  test("fails where a model cannot be loaded, or has the name of another", async () => {
    const missing = await serve("-m", "nowhere.gguf");
    expect(await missing.ended).toBe(1);
    expect(missing.errors()).toContain("(ERR_VANER_MODEL_NOT_FOUND)");
    const twice = await serve("-m", fixture("tiny-f32"), "-m", fixture("tiny-f32"));
    expect(await twice.ended).toBe(2);
    expect(twice.errors()).toContain('Two models have the name "tiny-f32": write --model other-name=');
  });

  test("takes its limits", async () => {
    const { url } = await serve("-m", fixture("tiny-f32"), "--max-characters", "5");
    expect(await recognize(url, { text })).toMatchObject({ code: "ERR_VANER_LIMIT" });
  });

  test("has pages about the API where that is asked for, which run no foreign script", async () => {
    const { url } = await serve("-m", fixture("tiny-f32"), "--docs");
    const response = await fetch(`${url}/docs/`);
    expect(await response.text()).toContain("swagger-ui");
    const policy = response.headers.get("content-security-policy");
    expect(policy).toMatch(/script-src 'self'/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    const without = await serve("-m", fixture("tiny-f32"));
    expect((await fetch(`${without.url}/docs/`)).status).toBe(404);
  });
});
