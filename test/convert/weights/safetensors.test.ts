import { appendFile, copyFile, truncate, writeFile } from "node:fs/promises";
import { describe, expect, test } from "@jest/globals";
import { openSafetensors } from "../../../lib/convert/weights/safetensors.js";
import { expectRefusal } from "../../support/failure.js";
import { contentsOf, scratchFile, scratchPath, torchFile } from "./support.js";

const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

function file(header: unknown, dataLength = 8, length?: bigint): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([prefix, json, Buffer.alloc(dataLength, 1)]);
}

const text = JSON.stringify;

test("tensors in any order, without elements, and with any name", async () => {
  const header = { z: entry(4, 8), a: entry(0, 4), none: entry(4, 4, [0, 7]), toString: entry(8, 8) };
  const source = await openSafetensors(await scratchFile("any", file(header)));
  expect(await contentsOf(source)).toEqual({
    z: { type: "F32", shape: [1], bytes: "01010101" },
    a: { type: "F32", shape: [1], bytes: "01010101" },
    none: { type: "F32", shape: [0, 7], bytes: "" },
    toString: { type: "F32", shape: [0], bytes: "" },
  });
  await source.close();
  await source.close();
  await expectRefusal(source.readRows("a", 0, 1), /any cannot be read/);
});

test("an unknown type leaves the other tensors readable", async () => {
  const header = { a: entry(0, 4), b: entry(4, 8, [9], "F3_NEW") };
  const source = await openSafetensors(await scratchFile("unknown", file(header)));
  expect([...source.tensors.keys()]).toEqual(["a"]);
  expect(source.unreadable.get("b")).toMatch(/"F3_NEW"/);
  await source.close();
});

describe("rejects", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["an empty file", Buffer.alloc(0), /not a safetensors file/],
    ["seven bytes", Buffer.alloc(7), /not a safetensors file/],
    ["a header of 2^63 bytes", file({}, 0, 2n ** 63n), /not a safetensors file/],
    ["a header beyond the file", file({}, 0, 3n), /not a safetensors file/],
    ["a header of an array", file("[]"), /holds an array/],
    ["half a header", file('{"a":'), /is not valid JSON/],
    ["deep nesting", file("[".repeat(2 ** 20)), /nested too deeply/],
    ["a tensor that is a number", file({ a: 1 }), /"a" is 1, not an object/],
    ["metadata that are no texts", file({ __metadata__: { a: 1 }, a: entry(0, 8) }), /metadata/],
    ["no type", file({ a: { shape: [2], data_offsets: [0, 8] } }), /lacks its type/],
    ["no shape", file({ a: { dtype: "F32", data_offsets: [0, 8] } }), /lacks its type, shape/],
    ["a negative extent", file({ a: entry(0, 8, [-2]) }), /whole numbers/],
    ["half an extent", file({ a: entry(0, 8, [0.5, 4]) }), /whole numbers/],
    ["an extent of 2^53", file({ a: entry(0, 8, [2 ** 53]) }), /whole numbers/],
    ["a text for an extent", file({ a: entry(0, 8, ["2"]) }), /whole numbers/],
    ["too many dimensions", file({ a: entry(0, 8, Array(17).fill(1)) }), /17 dimensions/],
    ["a product beyond 2^53", file({ a: entry(0, 8, [2 ** 52, 2 ** 52, 2]) }), /has 8 bytes/],
    ["a shape that does not fit", file({ a: entry(0, 8, [3]) }), /shape \[3\] and type F32 has 8 bytes/],
    ["offsets in reverse", file({ a: entry(8, 0, [2]) }), /not a range/],
    ["one offset", file({ a: { dtype: "F32", shape: [2], data_offsets: [8] } }), /not a range/],
    ["a negative offset", file({ a: entry(-8, 0, [2]) }), /not a range/],
    ["overlapping tensors", file({ a: entry(0, 8), b: entry(4, 8) }), /"b" overlaps another/],
    ["equal ranges", file({ a: entry(0, 8), b: entry(0, 8) }), /overlaps another/],
    ["a gap", file({ a: entry(0, 4), b: entry(8, 12) }, 12), /before tensor "b"/],
    ["a gap in front", file({ b: entry(4, 8) }), /before tensor "b"/],
    ["bytes without an owner", file({ a: entry(0, 4) }), /last 4 bytes/],
    ["a tensor beyond the end", file({ a: entry(0, 12) }), /beyond the end of the file/],
    [
      "a repeated tensor",
      file(`{"a": ${text(entry(0, 8, [4], "I16"))}, "a": ${text(entry(0, 8))}}`),
      /twice/,
    ],
    [
      "a repeated property",
      file('{"a": {"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}'),
      /twice/,
    ],
    [
      "a name in two spellings",
      file(`{"a": ${text(entry(0, 8))}, "\\u0061": ${text(entry(0, 8))}}`),
      /twice/,
    ],
  ])("%s", async (_, bytes, message) => {
    await expectRefusal(openSafetensors(await scratchFile("refused", bytes)), message);
  });

  test.each([
    ["cut", (path: string) => truncate(path, 1000)],
    ["extended", (path: string) => appendFile(path, "more")],
    ["replaced", (path: string) => writeFile(path, "other")],
  ])("a file that is %s after opening", async (_, change) => {
    const path = scratchPath("changing.safetensors");
    await copyFile(torchFile("plain.safetensors"), path);
    const source = await openSafetensors(path);
    const last = [...source.tensors.keys()].find((name) => name === "cube") as string;
    await change(path);
    await expectRefusal(source.readRows(last, 0, 2), /changed while it was read/);
    await source.close();
  });
});
