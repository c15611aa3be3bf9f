import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { type Entity, Recognizer } from "../../lib/index.js";
import { failureOf } from "../support/failure.js";
import { fixture, root } from "../support/paths.js";

// Other processes: ggml takes a Vulkan driver in software, such as Mesa's lavapipe, only if it is named, and no other
// test is to run on it.
const options = {
  cwd: root,
  env: { ...process.env, GGML_VK_VISIBLE_DEVICES: "0" },
  encoding: "utf8",
} as const;
const evaluate = ["--input-type=module", "-e"];
const run = promisify(execFile);

function gpuName(): string | undefined {
  const script = `
    import { devices } from "vaner-native";
    console.log(devices().find(({ kind }) => kind.endsWith("gpu"))?.name ?? "");
  `;
  return execFileSync(process.execPath, [...evaluate, script], options).trim() || undefined;
}

const gpu = gpuName();
const testOnGpu = gpu === undefined ? test.skip : test;
/** Devices and entities, on the GPU and on the CPU. */
type Results = [[string[], Entity[][]], [string[], Entity[][]]];

const minutes = 60_000;

const sentences = [
  "Cisplatin may cause hearing loss in mice.",
  "Germline mutations of BRCA1 and BRCA2 predispose to breast cancer.",
  "He had taken metformin for nine years.",
];

describe("without a GPU of that name", () => {
  test.each(["CUDA7", "rocm"])("gpu: %j names the devices there are", async (name) => {
    const error = await failureOf(Recognizer.load({ model: fixture("tiny-f32"), gpu: name }));
    expect(error).toMatchObject({ name: "VanerError", code: "ERR_VANER_DEVICE" });
    expect(error).toHaveProperty("message", expect.stringMatching(new RegExp(`'${name}'.*Available: CPU`)));
  });

  test('gpu: "auto" logs why it takes the CPU', async () => {
    const lines: string[] = [];
    const logger = (_level: string, line: string) => void lines.push(line);
    await using recognizer = await Recognizer.load({ model: fixture("tiny-f32"), logger });
    const reasons = lines.filter((line) => line.includes("the CPU is used"));
    const reason = /^no backend finds a GPU: the CPU is used\.( The backend .+ is of no use: .+\.)*$/;
    const isOnCpu = recognizer.info.devices.includes("CPU");
    expect(reasons).toEqual(isOnCpu ? [expect.stringMatching(reason)] : []);
  });
});

describe(`on ${gpu ?? "a GPU (skipped: no backend of this build finds one)"}`, () => {
  testOnGpu(
    "the default model finds what it finds on the CPU",
    async () => {
      const script = `
        import { Recognizer } from "vaner-native";
        const results = [];
        for (const gpu of ["${gpu}", "off"]) {
          const recognizer = await Recognizer.load({ gpu, int8: false });
          results.push([recognizer.info.devices, await recognizer.recognizeBatch(${JSON.stringify(sentences)})]);
        }
        console.log(JSON.stringify(results));
      `;
      const { stdout } = await run(process.execPath, [...evaluate, script], options);
      const [[onGpu, found], [onCpu, expected]] = JSON.parse(stdout) as Results;
      expect([onGpu, onCpu]).toEqual([[gpu], ["CPU"]]);
      const places = (entities: Entity[]) => entities.map(({ type, start, end }) => [type, start, end]);
      expect(found.map(places)).toEqual(expected.map(places));
      expect(found.flat().length).toBeGreaterThan(4);
      for (const [index, { score }] of found.flat().entries()) {
        expect(Math.abs(score - (expected.flat()[index]?.score ?? 0))).toBeLessThan(1e-2);
      }
    },
    30 * minutes,
  );

  const use = (end: string) => `
    import { Recognizer } from "vaner-native";
    const load = () => Recognizer.load({ model: ${JSON.stringify(fixture("tiny-f32"))}, gpu: "${gpu}" });
    const recognizer = await load();
    await recognizer.recognize("Aspirin.");
    await recognizer.recognizeBatch(${JSON.stringify(sentences)}); // a larger batch than the first
    ${end}
  `;

  // A driver whose memory is damaged aborts the process when it ends, status 134.
  testOnGpu.each([
    ["without dispose()", ""],
    ["after dispose() and a second load", "await recognizer.dispose(); await load();"],
    ["by process.exit()", "process.exit(0);"],
    ["in the middle of work", 'recognizer.recognize("Aspirin."); process.exit(0);'],
  ])(
    "the process ends well %s",
    async (_how, end) => {
      const { stderr } = await run(process.execPath, [...evaluate, use(end)], options);
      expect(stderr).toBe("");
    },
    10 * minutes,
  );

  testOnGpu(
    "a worker thread ends well",
    async () => {
      const script = `
        import { once } from "node:events";
        import { Worker } from "node:worker_threads";
        const source = new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(use(""))}));
        await once(new Worker(source), "exit");
      `;
      const { stderr } = await run(process.execPath, [...evaluate, script], options);
      expect(stderr).toBe("");
    },
    10 * minutes,
  );
});
