import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { platformName } from "../../lib/binding/loader.js";
import { vaner } from "../support/cli.js";
import { fixture, root } from "../support/paths.js";

// Only the portable engine loads backends: npm run build:native -- --target linux-x64
const engine = join(root, "build", "linux-x64");
const addon = join(engine, "vaner_native.node");
const isReady =
  platformName() === "linux-x64" && existsSync(addon) && spawnSync("g++", ["--version"]).status === 0;

const folder = mkdtempSync(join(tmpdir(), "vaner-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

(isReady ? describe : describe.skip)("backends that GCC built (needs build/linux-x64 and g++)", () => {
  const library = join(folder, "libggml-failing.so");
  beforeAll(() => {
    const ggml = join(root, "build", "llama.cpp", "ggml");
    const include = [join(root, "native"), join(ggml, "include"), join(ggml, "src")].map(
      (path) => `-I${path}`,
    );
    const libraries = ["libggml.so", "libggml-base.so"].map((name) => join(engine, name));
    const source = join(root, "native", "test", "engine", "failing_backend.cpp");
    execFileSync("g++", ["-std=c++17", "-fPIC", "-shared", ...include, "-o", library, source, ...libraries]);
  }, 60_000);

  const recognize = (gpu: string) =>
    vaner(["recognize", "--gpu", gpu, "--model", fixture("tiny-f32"), "Aspirin."], "", {
      VANER_NATIVE_ADDON: addon,
      GGML_BACKEND_PATH: library,
    });

  test("their C++ exceptions are errors with a code", async () => {
    const { code, stderr } = await recognize("GPU0");
    expect(stderr).toMatch(/the device 'GPU0' failed: .*\(ERR_VANER_DEVICE\)/);
    expect(code).toBe(1);
  });

  test('gpu: "auto" takes the CPU', async () => {
    expect(await recognize("auto")).toMatchObject({ code: 0, stderr: "" });
  });

  test("after a failure in the middle the model can be loaded again on the CPU", () => {
    const script = `
      import { Recognizer } from "vaner-native";
      const load = (gpu) => Recognizer.load({ model: ${JSON.stringify(fixture("tiny-f32"))}, gpu });
      const found = async (recognizer) => {
        const entities = await recognizer.recognize("Aspirin may cause asthma.");
        return entities.map(({ type, start, end }) => \`\${type} \${start} \${end}\`).join();
      };
      const onGpu = await load("GPU0");
      const before = await found(onGpu);
      const { code } = await found(onGpu).catch((error) => error);
      await onGpu.dispose();
      const onCpu = await load("off");
      console.log(code, onCpu.info.devices, (await found(onCpu)) === before);
    `;
    // the first is the engine's own, at loading
    const env = { ...process.env, VANER_NATIVE_ADDON: addon, GGML_BACKEND_PATH: library, GOOD_RUNS: "2" };
    const options = { cwd: root, env, encoding: "utf8" } as const;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], options);
    expect(output).toBe("ERR_VANER_DEVICE [ 'CPU' ] true\n");
  });

  // dlopen() would end the process.
  test("one that is cut short is not loaded", () => {
    truncateSync(library, 8192);
    const options = { adapter: null, threads: 1, device: "auto", gpuLayers: -1, mmap: true, batchTokens: 64 };
    const script = `
      const addon = require(${JSON.stringify(addon)});
      addon.useBackends([${JSON.stringify(library)}]);
      const lines = [];
      addon.setLogger((level, line) => lines.push([level, line]));
      const options = { ...${JSON.stringify(options)}, int8: null, int8Scales: null };
      addon.load(${JSON.stringify(fixture("tiny-f32"))}, options, null).promise.then(() => {
        setImmediate(() => console.log(JSON.stringify([addon.backends(), lines])));
      });
    `;
    const [backends, lines] = JSON.parse(
      execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }),
    );
    expect(backends).toEqual([
      expect.objectContaining({ name: "CPU", problem: null }),
      {
        name: null,
        library,
        deviceCount: 0,
        problem: "its file is cut short: install its package again",
      },
    ]);
    const reason = `The backend '${library}' is of no use: its file is cut short: install its package again.`;
    expect(lines).toContainEqual(["warn", `no backend finds a GPU: the CPU is used. ${reason}`]);
  });
});
