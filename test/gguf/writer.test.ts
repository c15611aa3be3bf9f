import {
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { bool, f32, type GgufEntry, string, strings, u32 } from "../../lib/gguf/metadata.js";
import { type TensorType, tensorBytes, tensorTypes } from "../../lib/gguf/tensor-types.js";
import { openGgufWriter, type TensorPlan } from "../../lib/gguf/writer.js";
import { GgufEditor } from "../support/gguf.js";
import { testExceptOnWindows } from "../support/platforms.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vaner-writer-"));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const matrix: TensorPlan = { name: "m", type: "F32", shape: [4, 2] };

async function written(
  entries: readonly GgufEntry[],
  tensors: readonly TensorPlan[],
  pieces: readonly Uint8Array[],
): Promise<string> {
  const path = join(folder, "out.gguf");
  await using writer = await openGgufWriter(path, { entries, tensors });
  for (const piece of pieces) await writer.write(piece);
  await writer.commit();
  expect((await readFile(path)).length).toBe(writer.size);
  return path;
}

const plans = fc.uniqueArray(
  fc
    .record({
      name: fc.string({ minLength: 1, maxLength: 20 }),
      type: fc.constantFrom(...(Object.keys(tensorTypes) as TensorType[])),
      blocks: fc.integer({ min: 1, max: 3 }),
      rows: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    })
    .map(({ name, type, blocks, rows }) => ({
      name,
      type,
      shape: [blocks * tensorTypes[type].blockSize, ...rows],
    })),
  { selector: ({ name }) => name, maxLength: 6 },
);

describe("the GGUF writer", () => {
  it("writes what an independent reader reads, for any chunks of data", async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 1, max: 5000 }), async (tensors, cut) => {
        const data = tensors.map(({ type, shape }, index) =>
          Uint8Array.from({ length: tensorBytes(type, shape) }, (_, at) => at + 7 * index),
        );
        const all = Buffer.concat(data);
        const pieces = Array.from({ length: Math.ceil(all.length / cut) }, (_, piece) =>
          all.subarray(piece * cut, (piece + 1) * cut),
        );
        const file = new GgufEditor(await written([["k", u32(1)]], tensors, pieces));
        expect(file.tensors.map(({ name, shape, type }) => ({ name, shape, type }))).toEqual(
          tensors.map(({ name, shape, type }) => ({ name, shape, type: tensorTypes[type].id })),
        );
        for (const [index, bytes] of data.entries()) {
          const stored = file.tensors[index]?.data as Buffer;
          expect(stored.length).toBe(Math.ceil(bytes.length / 32) * 32);
          expect(stored.subarray(0, bytes.length).equals(bytes)).toBe(true);
          expect(stored.subarray(bytes.length).every((byte) => byte === 0)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("writes every kind of metadata as specified", async () => {
    const key = fc.string({ minLength: 1, unit: "grapheme" });
    await fc.assert(
      fc.asyncProperty(
        key,
        fc.array(fc.string({ unit: "grapheme" })),
        fc.float(),
        async (name, texts, number) => {
          const entries: GgufEntry[] = [
            [`${name}.u32`, u32(0xffffffff)],
            [`${name}.i32`, { type: "i32", value: -2 }],
            [`${name}.u64`, { type: "u64", value: 2 ** 40 + 1 }],
            [`${name}.f32`, f32(number)],
            [`${name}.bool`, bool(true)],
            [`${name}.string`, string(texts.join(" "))],
            [`${name}.strings`, strings(texts)],
            [`${name}.i32s`, { type: "i32s", value: Int32Array.of(1, -1) }],
            [`${name}.f32s`, { type: "f32s", value: Float32Array.of(number) }],
          ];
          const { metadata } = new GgufEditor(await written(entries, [], []));
          const bytes = (type: string) => metadata.get(`${name}.${type}`) as Buffer;
          expect([...metadata.keys()]).toEqual([...entries.map(([key]) => key), "integrity.tensor_sha256"]);
          expect(bytes("u32")).toEqual(Buffer.of(4, 0, 0, 0, 255, 255, 255, 255));
          expect(bytes("i32")).toEqual(Buffer.of(5, 0, 0, 0, 254, 255, 255, 255));
          expect(bytes("u64")).toEqual(Buffer.of(10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0));
          expect(bytes("f32").readFloatLE(4)).toEqual(number);
          expect(bytes("bool")).toEqual(Buffer.of(7, 0, 0, 0, 1));
          expect(bytes("string").toString("utf8", 12)).toBe(texts.join(" "));
          expect(bytes("strings")).toEqual(
            new GgufEditor(await written([], [], [])).setStrings("s", texts).metadata.get("s"),
          );
          expect(bytes("i32s").subarray(0, 16)).toEqual(
            Buffer.of(9, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0),
          );
          expect(bytes("f32s").readFloatLE(16)).toEqual(number);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each<[string, readonly GgufEntry[], readonly TensorPlan[]]>([
    [
      "a key twice",
      [
        ["a", u32(1)],
        ["a", u32(1)],
      ],
      [],
    ],
    ["a tensor twice", [], [matrix, matrix]],
    ["a number out of range", [["a", u32(-1)]], []],
    ["a fraction as a whole number", [["a", u32(1.5)]], []],
    ["a tensor without elements", [], [{ ...matrix, shape: [4, 0] }]],
    ["a row of half a block", [], [{ ...matrix, type: "Q8_0", shape: [48] }]],
    ["a name that ggml would cut", [], [{ ...matrix, name: "x".repeat(64) }]],
    ["a tensor beyond exact numbers", [], [{ ...matrix, shape: [2 ** 27, 2 ** 27] }]],
  ])("rejects %s", async (_, entries, tensors) => {
    await expect(openGgufWriter(join(folder, "out"), { entries, tensors })).rejects.toMatchObject({
      code: "ERR_VANER_INTERNAL",
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ["too few", 31],
    ["too many", 33],
  ])("rejects %s bytes, and leaves no file", async (_, count) => {
    await expect(written([], [matrix], [new Uint8Array(count)])).rejects.toMatchObject({
      code: "ERR_VANER_INTERNAL",
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it("replaces a file only when the new one is complete, through a symbolic link too", async () => {
    const path = join(folder, "out.gguf");
    await writeFile(path, "before");
    await symlink(path, join(folder, "link"));
    await using writer = await openGgufWriter(join(folder, "link"), { entries: [], tensors: [matrix] });
    await writer.write(new Uint8Array(32));
    expect(await readFile(path, "utf8")).toBe("before");
    await writer.commit();
    await writer.abort();
    expect((await readFile(path)).subarray(0, 4).toString()).toBe("GGUF");
    expect((await readdir(folder)).sort()).toEqual(["link", "out.gguf"]);
  });

  it("keeps the existing file when it is aborted", async () => {
    const path = join(folder, "out.gguf");
    await writeFile(path, "before");
    const controller = new AbortController();
    const writer = await openGgufWriter(path, { entries: [], tensors: [matrix], signal: controller.signal });
    await writer.write(new Uint8Array(8));
    controller.abort(new Error("enough"));
    await expect(writer.write(new Uint8Array(8))).rejects.toThrow("enough");
    expect(await readdir(folder)).toEqual(["out.gguf"]);
    expect(await readFile(path, "utf8")).toBe("before");
  });

  it("reports insufficient disk space before it writes anything", async () => {
    const tensors = [{ ...matrix, shape: [2 ** 48] }];
    await expect(openGgufWriter(join(folder, "out"), { entries: [], tensors })).rejects.toMatchObject({
      code: "ERR_VANER_OUTPUT",
      message: expect.stringMatching(/needs 1,125,899,906,84\d,\d\d\d bytes.*has only [\d,]+ left/),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it("leaves no file when the disk fills up while writing", async () => {
    const path = join(folder, "out.gguf");
    const writer = await openGgufWriter(path, { entries: [], tensors: [matrix] });
    await writer.write(new Uint8Array(8));
    const handle = await open(join(folder, "any"), "w");
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    await rm(join(folder, "any"));
    jest
      .spyOn(prototype, "write")
      .mockRejectedValue(
        Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }),
      );
    await expect(writer.write(new Uint8Array(8))).rejects.toMatchObject({
      code: "ERR_VANER_OUTPUT",
      message: expect.stringContaining("Make room"),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  testExceptOnWindows("says that its folder was removed meanwhile", async () => {
    const target = join(folder, "removed");
    await mkdir(target);
    await using writer = await openGgufWriter(join(target, "out.gguf"), { entries: [], tensors: [matrix] });
    await writer.write(new Uint8Array(16));
    await rm(target, { recursive: true });
    await writer.write(new Uint8Array(16));
    await expect(writer.commit()).rejects.toMatchObject({
      code: "ERR_VANER_OUTPUT",
      message: expect.stringContaining("out.gguf cannot be written: ENOENT"),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ["a folder", "folder"],
    ["in a folder that does not exist", "none/out.gguf"],
    ["under a file", "file/out.gguf"],
  ])("rejects a target that is %s", async (_, target) => {
    await mkdir(join(folder, "folder"));
    await writeFile(join(folder, "file"), "");
    await expect(openGgufWriter(join(folder, target), { entries: [], tensors: [] })).rejects.toMatchObject({
      code: "ERR_VANER_OUTPUT",
    });
    expect((await readdir(folder)).sort()).toEqual(["file", "folder"]);
  });
});
