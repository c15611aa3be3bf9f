import { readFile } from "node:fs/promises";
import { describe, expect, test } from "@jest/globals";
import { openTorchStateDict } from "../../../../lib/convert/weights/torch/state-dict.js";
import { openTorchFile } from "../../../../lib/convert/weights/torch/torch-file.js";
import { expectRefusal } from "../../../support/failure.js";
import { contentsOf, scratchFile, torchFile } from "../support.js";
import { type ZipEntry, type ZipOptions, zip } from "./zip.js";

/** `{"w": tensor of two F32 in storage 0}`. */
const pickle = Buffer.from(
  "\x80\x02}\x8c\x01wctorch._utils\n_rebuild_tensor_v2\n(" +
    "(\x8c\x07storagectorch\nFloatStorage\n\x8c\x010\x8c\x03cpuK\x02tQK\x00K\x02\x85K\x01\x85\x89NtRs.",
  "latin1",
);
const description: ZipEntry = { name: "m/data.pkl", data: pickle };
const storage: ZipEntry = { name: "m/data/0", data: Buffer.from("0102030405060708", "hex") };
const order: ZipEntry = { name: "m/byteorder", data: "little" };

const written = (entries: readonly ZipEntry[], options?: ZipOptions) =>
  scratchFile("archive.bin", zip(entries, options));

test.each([false, true])("reads entries in any order; zip64: %s", async (zip64) => {
  const source = await openTorchStateDict(await written([storage, order, description], { zip64 }));
  expect(await contentsOf(source)).toEqual({ w: { type: "F32", shape: [2], bytes: "0102030405060708" } });
  await source.close();
});

describe("rejects", () => {
  test.each<[string, ZipEntry[], RegExp]>([
    ["no pickle", [storage], /lacks data\.pkl/],
    ["no storage", [description], /storage "0", which the file lacks/],
    ["a short storage", [description, { ...storage, data: "1234567" }], /storage "0" is cut short/],
    ["another byte order", [description, storage, { ...order, data: "big" }], /big-endian/],
    ["a compressed storage", [description, { ...storage, method: 8 }], /"data\/0" is compressed/],
    ["an encrypted storage", [description, { ...storage, flags: 1, listedSize: 20 }], /mismatch|encrypted/],
    ["a compressed pickle", [{ ...description, method: 8 }, storage], /"data\.pkl" is compressed/],
    ["an entry that is listed twice", [description, storage, storage], /"data\/0" twice/],
    ["two folders", [description, { ...storage, name: "n/data/0" }], /not in one folder/],
    ["no folder", [{ ...description, name: "data.pkl" }], /not in one folder/],
    ["another name in the directory", [description, { ...storage, listedName: "m/data/1" }], /contradicts/],
    ["a size beyond the file", [description, { ...storage, listedSize: 1e6 }], /damaged archive: .*bounds/],
    ["an entry in another", [description, { ...storage, listedSize: 100 }], /overlaps|bounds/],
    ["an entry at another", [description, { ...storage, listedOffset: 0 }], /contradicts/],
    ["an entry at no header", [description, { ...storage, listedOffset: 5 }], /invalid local file header/],
    ["an entry behind the end", [description, { ...storage, listedOffset: 1e9 }], /cut short/],
    ["a TorchScript program", [description, storage, { name: "m/constants.pkl" }], /TorchScript/],
  ])("%s", async (_, entries, message) => {
    await expectRefusal(openTorchFile(await written(entries)), message);
    await expectRefusal(openTorchFile(await written(entries, { zip64: true })), message);
  });

  test.each<[string, ZipOptions, RegExp]>([
    ["more entries than there are", { count: 3 }, /damaged archive|cut short/],
    ["fewer entries than there are", { count: 1 }, /storage "0", which the file lacks/],
    ["no entries", { count: 0 }, /lacks data\.pkl/],
    ["a directory behind the end", { directory: 0xfffffff0n }, /cut short/],
    ["a directory in the body", { directory: 1n }, /invalid central directory/],
    ["2^40 entries", { zip64: true, count: 2 ** 40 }, /claims 1099511627776 entries/],
    ["a directory at 2^63", { zip64: true, directory: 2n ** 63n }, /cut short/],
    ["a directory at 2^64 - 1", { zip64: true, directory: 2n ** 64n - 1n }, /cut short/],
  ])("an end record that claims %s", async (_, options, message) => {
    await expectRefusal(openTorchFile(await written([description, storage], options)), message);
  });

  test("a pickle of more than 64 MB, without reading it", async () => {
    const entries = [{ ...description, data: Buffer.alloc(2 ** 26 + 1) }, storage];
    await expectRefusal(openTorchFile(await written(entries)), /has 67108865 bytes/);
  });

  test("a file cut anywhere", async () => {
    const whole = await readFile(torchFile("trainer.bin"));
    for (let length = 0; length < whole.length; length += 37) {
      await expectRefusal(openTorchFile(await scratchFile("cut.bin", whole.subarray(0, length))), /cut\.bin/);
    }
  });
});
