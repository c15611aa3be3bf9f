import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { convertCheckpoint, inspectModel, Recognizer } from "../../lib/index.js";
import { acceptedCases, layOut } from "../support/checkpoints.js";
import { vaner, vanerPath } from "../support/cli.js";
import { root } from "../support/paths.js";
import { testExceptOnWindows } from "../support/platforms.js";

const text = "Cisplatin-induced nephrotoxicity was seen in mice (ATM, HeLa).";
const vaner2Types = ["Gene", "Chemical", "Species", "Disease", "Variant", "CellLine", "CellType", "Anatomy"];

let folder: string;
let output: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-"));
  output = join(folder, "model.gguf");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function laidOut(name: string) {
  const entry = acceptedCases.find((found) => found.name === name);
  if (!entry) throw new Error(`there is no case ${name}`);
  return layOut(entry, join(folder, "case"));
}

async function recognize(model: string, adapter?: string) {
  const recognizer = await Recognizer.load({ model, gpu: false, ...(adapter !== undefined && { adapter }) });
  try {
    return { types: recognizer.types, entities: await recognizer.recognize(text) };
  } finally {
    await recognizer.dispose();
  }
}

describe("vaner convert", () => {
  test("converts VANER's base and adapter, with labels and templates", async () => {
    const { checkpoint, adapters } = laidOut("vaner");
    const { code, stdout, stderr } = await vaner([
      "convert",
      checkpoint,
      ...adapters.flatMap((adapter) => ["--adapter", adapter]),
      ...["-o", output, "--type", "q8_0", "--json"],
    ]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const file = JSON.parse(stdout);
    expect(file).toMatchObject({
      problem: null,
      heads: ["*"],
      labels: ["O", "B", "I"],
      causal: false,
      maxTokens: 128,
      template: "If any {entityType} entity is mentioned in the {dataset} input, extract it. ##input: ",
    });
    expect(file.trained).toContain("ncbi:Disease");
    expect(file.quantization.map(({ type }: { type: string }) => type)).toContain("Q8_0");
    const { types, entities } = await recognize(output);
    expect(types).toEqual(["Disease", "Chemical", "Gene", "Species"]);
    for (const { start, end, text: found } of entities) expect(found).toBe(text.slice(start, end));
  });

  test("stores hashes, by which vaner inspect --verify names what is damaged", async () => {
    const { checkpoint } = laidOut("vaner-full");
    await convertCheckpoint({ checkpoint, output });
    const whole = await vaner(["inspect", "--verify", output]);
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringMatching(/^hashes +all tensors match$/m) });
    const older = await vaner(["inspect", "--verify", join(root, "test/fixtures/models/tiny-f32.gguf")]);
    expect(older).toMatchObject({ code: 0, stdout: expect.stringMatching(/^hashes +no hashes stored$/m) });

    const { tensors } = await inspectModel(output);
    const { name, offset } = tensors[0] as (typeof tensors)[number];
    const bytes = readFileSync(output);
    bytes[offset] = (bytes[offset] as number) ^ 1;
    writeFileSync(output, bytes);
    const damaged = await vaner(["inspect", "--verify", output]);
    expect(damaged).toMatchObject({ code: 1, stderr: expect.stringContaining("a tensor changed") });
    expect(damaged.stdout).toMatch(new RegExp(`^hashes +damaged: ${name}$`, "m"));
  });

  test("converts VANER2, which finds all types in one pass, with the prompt from a file", async () => {
    const { checkpoint, adapters, heads } = laidOut("vaner2-bio");
    const prompt = join(folder, "prompt.txt");
    writeFileSync(prompt, "Name what is biomedical.\nText: ");
    const { code, stdout, stderr } = await vaner([
      "convert",
      checkpoint,
      ...adapters.flatMap((adapter) => ["--adapter", adapter]),
      ...["--heads", heads as string, "--template-file", prompt, "--output", output],
    ]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/heads +Gene, Chemical, Species/);
    expect(stdout).toMatch(/words +tokens-v1/);
    const { types, entities } = await recognize(output);
    expect(types).toEqual(vaner2Types);
    for (const { start, end, text: found } of entities) expect(found).toBe(text.slice(start, end));
  });

  test("converts an adapter separately from its base", async () => {
    const { checkpoint, adapters } = laidOut("vaner");
    const [merged, adapter] = [join(folder, "merged.gguf"), join(folder, "adapter.gguf")];
    const [trained] = adapters as [string];
    for (const args of [
      [checkpoint, "--no-head", "-o", output, "-t", "f32"],
      [trained, "--base", checkpoint, "-o", adapter],
      [checkpoint, "-a", trained, "-o", merged, "-t", "f32"],
    ]) {
      expect(await vaner(["convert", ...args])).toMatchObject({ code: 0, stderr: "" });
    }
    expect((await inspectModel(adapter)).adapter).toMatchObject({ type: "lora" });
    await expect(recognize(output)).rejects.toMatchObject({ code: "ERR_VANER_MODEL_HEAD" });
    const apart = await recognize(output, adapter);
    const together = await recognize(merged);
    expect(apart.types).toEqual(together.types);
    expect(apart.entities.map(({ start, end, type }) => [start, end, type])).toEqual(
      together.entities.map(({ start, end, type }) => [start, end, type]),
    );
  });

  test.each([
    { args: [], says: "output" },
    { args: ["-o", "x.gguf", "--type", "q9"], says: "q9" },
    { args: ["-o", "x.gguf", "--template", "a", "--template-file", "b"], says: "not both" },
    { args: ["-o", "x.gguf", "--template", "If any {type}"], says: "{type}" },
    { args: ["-o", "x.gguf", "--base", ".", "--type", "f16"], says: "--type" },
    { args: ["-o", "x.gguf", "--base", ".", "--int8-scales", "rows"], says: "--int8-scales" },
    { args: ["-o", "x.gguf", "--int8-scales", "auto"], says: "blocks, rows" },
  ])("explains wrong usage: $args", async ({ args, says }) => {
    const { code, stderr } = await vaner(["convert", folder, ...args]);
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });

  test("rejects a folder that is not a checkpoint", async () => {
    const { code, stderr } = await vaner(["convert", folder, "-o", output]);
    expect(stderr).toMatch(/config\.json.*ERR_VANER_CHECKPOINT/);
    expect(code).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  // A file size limit fails like a full disk: in the middle of a write.
  testExceptOnWindows("leaves no file when the disk fills up while writing", () => {
    const { checkpoint, adapters } = laidOut("vaner");
    const command = [process.execPath, vanerPath(), "convert", checkpoint, "-o", output];
    const script = `trap '' XFSZ; ulimit -f 100; exec "$@"`;
    const limited = ["-c", script, "sh", ...command, "-a", adapters[0] as string];
    const { status, stderr } = spawnSync("sh", limited, { encoding: "utf8" });
    expect(stderr).toMatch(/model\.gguf cannot be written.*ERR_VANER_OUTPUT/);
    expect(status).toBe(1);
    expect(readdirSync(folder)).toEqual(["case"]);
  });
});

describe("convertCheckpoint", () => {
  test("stops on abort or when a listener throws, and keeps the existing file", async () => {
    const { heads: _, ...options } = laidOut("vaner");
    writeFileSync(output, "before");
    const reason = new Error("enough");
    const stop = new AbortController();
    const onProgress = () => stop.abort(reason);
    await expect(convertCheckpoint({ ...options, output, onProgress, signal: stop.signal })).rejects.toBe(
      reason,
    );
    const angry = () => {
      throw reason;
    };
    await expect(convertCheckpoint({ ...options, output, onProgress: angry })).rejects.toBe(reason);
    expect(readdirSync(folder).sort()).toEqual(["case", "model.gguf"]);
    await expect(inspectModel(output)).rejects.toMatchObject({ code: "ERR_VANER_MODEL_NOT_GGUF" });
  });

  test("reports its progress up to 1", async () => {
    const { heads: _, ...options } = laidOut("sharded");
    const shares: number[] = [];
    await convertCheckpoint({ ...options, output, onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  test.each([
    { options: { checkpoint: "" }, says: "checkpoint" },
    { options: { output: 5 }, says: "output" },
    { options: { adapters: "folder" }, says: "adapters" },
    { options: { trained: ["ncbi"] }, says: "trained" },
    { options: { causal: "no" }, says: "causal" },
    { options: { maxTokens: 1 }, says: "maxTokens" },
    { options: { int8Scales: "columns" }, says: "int8Scales" },
    { options: { signal: {} }, says: "signal" },
  ])("rejects $options", async ({ options, says }) => {
    await expect(
      convertCheckpoint({ checkpoint: "c", output: "o", ...options } as never),
    ).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
      message: expect.stringContaining(says),
    });
  });
});
