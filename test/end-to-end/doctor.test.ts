import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { vaner } from "../support/cli.js";
import { fixture } from "../support/paths.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Tests may run with instruction sets turned off; that is a warning of its own. */
const all = { VANER_CPU: "amx" };
const turnedOff = expect.stringMatching(/^VANER_CPU=amx turns off/);

describe("vaner doctor", () => {
  test("--json describes the installation, and tries it", async () => {
    const { code, stdout, stderr } = await vaner(["doctor", "--json"], "", all);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const diagnosis = JSON.parse(stdout);
    expect(diagnosis).toMatchObject({
      versions: { node: process.versions.node, llama: expect.any(String) },
      system: { platform: expect.stringContaining(process.arch), threads: expect.any(Number) },
      environment: all,
      addon: { path: expect.stringMatching(/\.node$/) },
      cpu: { features: expect.any(Array), ggmlFeatures: expect.any(Array), attention: expect.any(String) },
      model: { path: expect.stringMatching(/\.gguf$/), package: { name: expect.any(String) } },
      speed: { sentencesPerSecond: expect.any(Number), tokensPerSecond: expect.any(Number) },
    });
    expect(diagnosis.devices[0].name).toBe("CPU");
    expect(diagnosis.check.entities.map((entity: { text: string }) => entity.text)).toEqual([
      "Cisplatin",
      "hearing loss",
      "mice",
    ]);
    expect(diagnosis.problems.filter(({ severity }: { severity: string }) => severity === "error")).toEqual(
      [],
    );
    expect(diagnosis.problems).toContainEqual({ severity: "warning", code: null, message: turnedOff });
  });

  test("an empty VANER_CPU turns nothing off", async () => {
    const cpuWith = async (env: NodeJS.ProcessEnv) => {
      const { stdout } = await vaner(["doctor", "--json", "-m", fixture("tiny-f32")], "", env);
      return JSON.parse(stdout).cpu;
    };
    expect(await cpuWith({ VANER_CPU: "" })).toEqual(await cpuWith({ VANER_CPU: undefined }));
  });

  test("prints the same as text, for any model", async () => {
    const { code, stdout, stderr } = await vaner(["doctor", "-m", fixture("tiny-f32")]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^system +\w+-\w+/m);
    expect(stdout).toMatch(/^attention kernel +\w/m);
    expect(stdout).toMatch(/^model +.*tiny-f32\.gguf/m);
    expect(stdout).toMatch(/^speed +\d+ tokens\/s, \d+ sentences\/s$/m);
  });

  test("fails with what to do where something is broken", async () => {
    const missing = join(folder, "missing.node");
    const { code, stdout, stderr } = await vaner(["doctor"], "", { VANER_NATIVE_ADDON: missing });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "vaner: there is an error\n" });
    expect(stdout).toMatch(/^error: .*missing\.node.*VANER_NATIVE_ADDON.*ERR_VANER_NATIVE_LOAD/ms);

    const damaged = join(folder, "damaged.gguf");
    writeFileSync(damaged, "GGUF");
    const model = await vaner(["doctor", "--json", "-m", damaged]);
    expect(model.code).toBe(1);
    expect(JSON.parse(model.stdout)).toMatchObject({
      addon: { path: expect.any(String) },
      model: { path: damaged, package: null },
      check: null,
      speed: null,
      problems: expect.arrayContaining([
        { severity: "error", code: "ERR_VANER_MODEL_CORRUPT", message: expect.stringContaining(damaged) },
      ]),
    });
  });
});

describe("vaner bench", () => {
  const model = ["-m", fixture("tiny-f32"), "--threads", "1"];

  test("--json gives speed, latency and memory, for built-in texts", async () => {
    const { code, stdout, stderr } = await vaner(["bench", ...model, "--seconds", "1", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { batch, single, ...facts } = JSON.parse(stdout);
    expect(facts).toEqual({
      model: expect.any(String),
      devices: ["CPU"],
      threads: 1,
      types: expect.arrayContaining(["Disease"]),
      loadSeconds: expect.any(Number),
      size: { texts: 8, sentences: 32, tokens: expect.any(Number) },
      peakMemory: expect.any(Number),
    });
    expect(batch.seconds).toBeGreaterThanOrEqual(1);
    expect(batch.sentencesPerSecond * batch.seconds).toBeCloseTo(32 * batch.rounds);
    expect(single.calls).toBeGreaterThanOrEqual(8);
    expect(single.p99Seconds).toBeGreaterThanOrEqual(single.p50Seconds);
  });

  test("measures the texts of a file, one a line, and prints a table", async () => {
    const file = join(folder, "texts.txt");
    writeFileSync(file, "Aspirin helps.\r\n\r\nAsthma is common. Mice were used.\n");
    const { code, stdout } = await vaner(["bench", ...model, "--seconds", "1", "-t", "Disease", "-f", file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^types +Disease$/m);
    expect(stdout).toMatch(/^texts +2, of 3 sentences and \d+ tokens$/m);
    expect(stdout).toMatch(/^single texts +[\d.]+ ms \(median\)/m);
  });

  test("needs texts", async () => {
    const ended = await vaner(["bench", ...model, "-f", "-"], "\n");
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("holds no text") });
  });
});
