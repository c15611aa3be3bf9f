import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { openWeights } from "../../../lib/convert/weights/open.js";
import { expectRefusal } from "../../support/failure.js";
import { contentsOf, expected, scratchPath, torchFile } from "./support.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(scratchPath("checkpoint-"));
});

const index = "model.safetensors.index.json";
const shards = ["safetensors", "bin"] as const;

/** A copy of a sharded checkpoint with another index. */
async function withIndex(content: unknown): Promise<void> {
  await cp(torchFile("sharded-safetensors"), folder, { recursive: true });
  await writeFile(join(folder, index), typeof content === "string" ? content : JSON.stringify(content));
}

const weightMap = async (): Promise<Record<string, string>> =>
  JSON.parse(await readFile(torchFile("sharded-safetensors", index), "utf8")).weight_map;

describe("finds", () => {
  test.each(shards)("shards of %s", async (kind) => {
    const source = await openWeights(torchFile(`sharded-${kind}`));
    expect(await contentsOf(source, 3)).toEqual(expected["sharded"]);
    expect(source.unreadable.size).toBe(0);
    await source.close();
    await expectRefusal(source.readRows("layers.0.weight", 0, 1), /cannot be read/);
    await source.close();
  });

  test("safetensors first, and an adapter's files by their own names", async () => {
    await copyFile(torchFile("trainer.bin"), join(folder, "pytorch_model.bin"));
    await copyFile(torchFile("views.bin"), join(folder, "adapter_model.bin"));
    const names = async (stems?: { safetensors: string; torch: string }) => {
      const source = await openWeights(folder, stems);
      await source.close();
      return [...source.tensors.keys()];
    };
    expect(await names()).toEqual(["weight", "bias"]);
    expect(await names({ safetensors: "adapter_model", torch: "adapter_model" })).toContain("transposed");
    await cp(torchFile("sharded-safetensors"), folder, { recursive: true });
    expect(await names()).toContain("layers.0.weight");
    await copyFile(torchFile("plain.safetensors"), join(folder, "model.safetensors"));
    expect(await names()).toContain("cube");
  });

  test("files behind links, as in a download cache", async () => {
    await mkdir(join(folder, "snapshot"));
    for (const name of new Set([index, ...Object.values(await weightMap())])) {
      await copyFile(torchFile("sharded-safetensors", name), join(folder, `blob of ${name}`));
      await symlink(join(folder, `blob of ${name}`), join(folder, "snapshot", name));
    }
    const source = await openWeights(join(folder, "snapshot"));
    expect(await contentsOf(source)).toEqual(expected["sharded"]);
    await source.close();
  });
});

describe("reports", () => {
  test("an empty folder", async () => {
    const names =
      /holds no weights.*"model\.safetensors", "model\.safetensors\.index\.json", "pytorch_model\.bin", "pytorch_model\.bin\.index\.json"/;
    await expectRefusal(openWeights(folder), names);
    await expectRefusal(openWeights(join(folder, "missing")), names);
  });

  test.each([
    ["tf_model.h5", /TensorFlow alone \("tf_model\.h5"\)\. Save .* with transformers 4: .*from_tf=True/],
    ["flax_model.msgpack", /Flax alone .*from_flax=True/],
    ["model.onnx", /ONNX alone .*exported from/],
  ])("weights of another library: %s", async (name, message) => {
    await writeFile(join(folder, name), "");
    await expectRefusal(openWeights(folder), message);
  });

  test.each(["../model.safetensors", "/etc/passwd", "a/b", "..", ".", "", "a\\b", "C:x", "a\0b", "a\nb"])(
    "an index that points to %j",
    async (file) => {
      await withIndex({ weight_map: { "layers.0.weight": file } });
      await expectRefusal(openWeights(folder), /not a plain name: files outside its folder/);
    },
  );

  test.each<[unknown, RegExp]>([
    ["[]", /holds an array/],
    [{}, /lacks "weight_map"/],
    [{ weight_map: ["a"] }, /"weight_map" is an array, not an object/],
    [{ weight_map: { a: 1 } }, /file of tensor "a" is not a string/],
    [{ weight_map: { a: "absent.safetensors" } }, /absent\.safetensors cannot be opened/],
    [{ weight_map: { a: "model-00001-of-00003.safetensors" } }, /puts tensor "a" into .* lacks it/],
    [{ weight_map: { a: index } }, /not a safetensors file/],
  ])("an index of %j", async (content, message) => {
    await withIndex(content);
    await expectRefusal(openWeights(folder), message);
  });

  test("an index with too many files", async () => {
    const files = Array.from({ length: 257 }, (_, at) => [`tensor ${at}`, `file ${at}`]);
    await withIndex({ weight_map: Object.fromEntries(files) });
    await expectRefusal(openWeights(folder), /names 257 files; at most 256 are read/);
  });

  test("a tensor that is missing in the index", async () => {
    const map = await weightMap();
    delete map["layers.0.weight"];
    await withIndex({ weight_map: map });
    const source = await openWeights(folder);
    expect(source.tensors.has("layers.0.weight")).toBe(false);
    await expectRefusal(source.readRows("layers.0.weight", 0, 1), /does not mention it/);
    await source.close();
  });

  test("a missing shard", async () => {
    await withIndex({ weight_map: await weightMap() });
    await rm(join(folder, "model-00002-of-00003.safetensors"));
    await expectRefusal(openWeights(folder), /model-00002-of-00003\.safetensors cannot be opened/);
  });
});
