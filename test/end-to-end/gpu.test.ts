import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "@jest/globals";
import { type Device, type Entity, quantizeModel, Recognizer } from "../../lib/index.js";
import { defaultModelPath } from "../../lib/model-path.js";
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

function bestGpu(): Device | undefined {
  const script = `
    import { devices } from "vaner-native";
    console.log(JSON.stringify(devices().filter(({ kind }) => kind.endsWith("gpu"))));
  `;
  return JSON.parse(execFileSync(process.execPath, [...evaluate, script], options))[0];
}

const best = bestGpu();
const gpu = best?.name;
const testOnGpu = gpu === undefined ? test.skip : test;
// In F32 lavapipe computes as the CPU does. GPUs may round factors of products in F32, to F16 or TF32.
const testOnLavapipe = best?.description.includes("llvmpipe") ? test : test.skip;

const minutes = 60_000;

const folder = mkdtempSync(join(tmpdir(), "vaner-gpu-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
  /** What the default model finds there, and a model on the CPU. */
  async function compare(model: string | undefined, env: NodeJS.ProcessEnv): Promise<[Entity[], Entity[]]> {
    const script = `
      import { Recognizer } from "vaner-native";
      const results = [];
      for (const options of ${JSON.stringify([{ gpu }, { gpu: "off", model }])}) {
        const recognizer = await Recognizer.load({ ...options, int8: false });
        results.push([recognizer.info.devices, await recognizer.recognizeBatch(${JSON.stringify(sentences)})]);
      }
      console.log(JSON.stringify(results));
    `;
    const { stdout } = await run(process.execPath, [...evaluate, script], { ...options, env });
    const [[onGpu, found], [onCpu, expected]] = JSON.parse(stdout) as [
      [string[], Entity[][]],
      [string[], Entity[][]],
    ];
    expect([onGpu, onCpu]).toEqual([[gpu], ["CPU"]]);
    const places = (entities: Entity[]) => entities.map(({ type, start, end }) => [type, start, end]);
    expect(found.map(places)).toEqual(expected.map(places));
    expect(found.flat().length).toBeGreaterThan(4);
    return [found.flat(), expected.flat()];
  }

  testOnGpu(
    "the default model finds what it finds on the CPU",
    async () => {
      const [found, expected] = await compare(undefined, options.env);
      for (const [index, { score }] of found.entries()) {
        expect(Math.abs(score - (expected[index]?.score ?? 0))).toBeLessThan(1e-2);
      }
    },
    30 * minutes,
  );

  // On the CPU quantized weights are multiplied by activations in 8 bits, which differ in the third digit.
  testOnLavapipe(
    "in F32 the default model's scores are those of its weights in F32 on the CPU",
    async () => {
      const model = join(folder, "f32.gguf");
      await quantizeModel({ input: defaultModelPath(), output: model, type: "f32" });
      const [found, expected] = await compare(model, { ...options.env, GGML_VK_DISABLE_F16: "1" });
      for (const [index, { score }] of found.entries()) {
        expect(Math.abs(score - (expected[index]?.score ?? 0))).toBeLessThan(1e-5);
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
    ["after dispose()", "await recognizer.dispose();"],
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

  testOnGpu.each([
    ["without dispose()", "", ""],
    ["by process.exit()", "process.exit(0);", ""],
    [
      "when it is terminated in the middle of work",
      `
        const { parentPort } = await import("node:worker_threads");
        parentPort.postMessage("busy");
        for (;;) await recognizer.recognize("Aspirin.");
      `,
      'await once(worker, "message"); await worker.terminate();',
    ],
  ])(
    "a worker thread ends well %s",
    async (_how, end, then) => {
      // A data: URL resolves no names of packages.
      const script = `
        import { once } from "node:events";
        import { Worker } from "node:worker_threads";
        const code = ${JSON.stringify(use(end))}.replace("vaner-native", import.meta.resolve("vaner-native"));
        const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(code)));
        const ended = once(worker, "exit");
        ${then}
        await ended;
      `;
      const { stderr } = await run(process.execPath, [...evaluate, script], options);
      expect(stderr).toBe("");
    },
    10 * minutes,
  );
});
