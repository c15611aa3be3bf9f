import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Accessor,
  optionalBoolean,
  optionalCount,
  optionalNumber,
  optionalNumbers,
  optionalObject,
  optionalString,
  optionalStrings,
  readJsonObject,
  required,
} from "../../lib/convert/json.js";
import { scanJson } from "../../lib/convert/json-scan.js";
import { expectRefusal, scratchFile, scratchPath, torchFile } from "./weights/support.js";

describe("readJsonObject", () => {
  test("reads an object, whatever its keys", async () => {
    const path = await scratchFile("config.json", '\ufeff{"a": 1, "__proto__": {"b": 2}, "é": null}');
    const object = await readJsonObject(path);
    expect(Object.keys(object)).toEqual(["a", "__proto__", "é"]);
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    expect(optionalNumber(object, "b", path)).toBeUndefined();
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ["an array", "[1]", /holds an array where a JSON object belongs/],
    ["null", "null", /holds null/],
    ["nothing", "", /is no JSON/],
    ["half an object", '{"a": ', /is no JSON/],
    ["what is not UTF-8", Buffer.from('{"\xff": 1}', "latin1"), /is no JSON/],
    ["deep nesting", `{"a": ${"[".repeat(2 ** 20)}`, /nested too deeply/],
    ["brackets without end", `{"a": [${"[],".repeat(2 ** 22)}1]}`, /too many values/],
    ["a reference of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", /git lfs pull/],
  ])("refuses %s", async (_, content, message) => {
    const path = await scratchFile("refused.json", content);
    await expectRefusal(readJsonObject(path), message);
    await expectRefusal(readJsonObject(path), /refused\.json/);
  });

  test("refuses what is missing, no file, or too large", async () => {
    await expectRefusal(readJsonObject(scratchPath("missing.json")), /missing\.json cannot be opened/);
    await expectRefusal(readJsonObject(scratchPath()), /no regular file/);
    await expectRefusal(readJsonObject(torchFile("expected.json"), 100), /more than 100 are not read/);
  });
});

test("scanJson counts what JSON.parse will make", () => {
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: "medium" }), (value) => {
      const expected = { depth: 0, parts: 0, keys: 0 };
      const visit = (inner: unknown, depth: number) => {
        if (typeof inner !== "object" || inner === null) return;
        const members = Object.values(inner);
        expected.depth = Math.max(expected.depth, depth);
        expected.parts += 1 + Math.max(0, members.length - 1);
        if (!Array.isArray(inner)) expected.keys += members.length;
        for (const member of members) visit(member, depth + 1);
      };
      visit(value, 1);
      expect(scanJson(Buffer.from(JSON.stringify(value)))).toEqual(expected);
    }),
  );
});

describe("accessors", () => {
  const values = {
    text: "a",
    number: 1.5,
    count: 3,
    yes: true,
    object: {},
    texts: ["a"],
    numbers: [1],
    mixed: ["a", 1],
    nothing: null,
  };

  test.each<[string, Accessor<unknown>, (keyof typeof values)[]]>([
    ["a text", optionalString, ["text"]],
    ["a number", optionalNumber, ["number", "count"]],
    ["a whole number, 0 or more", optionalCount, ["count"]],
    ["true or false", optionalBoolean, ["yes"]],
    ["an object", optionalObject, ["object"]],
    ["an array of texts", optionalStrings, ["texts"]],
    ["an array of numbers", optionalNumbers, ["numbers"]],
  ])("%s", (kind, read, fits) => {
    for (const [key, value] of Object.entries(values)) {
      if (value === null) expect(read(values, key, "f.json")).toBeUndefined();
      else if ((fits as string[]).includes(key)) expect(read(values, key, "f.json")).toBe(value);
      else
        expect(() => read(values, key, "f.json")).toThrow(
          new RegExp(`^f\\.json: "${key}" is .*, not ${kind}\\.$`),
        );
    }
    expect(read(values, "toString", "f.json")).toBeUndefined();
  });

  test("required", () => {
    expect(required(optionalString, values, "text", "f.json")).toBe("a");
    for (const key of ["nothing", "missing", "constructor"]) {
      expect(() => required(optionalString, values, key, "f.json")).toThrow(/^f\.json lacks "/);
    }
  });
});
