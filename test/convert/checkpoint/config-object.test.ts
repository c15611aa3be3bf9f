import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ConfigObject, type Kind } from "../../../lib/convert/checkpoint/config-object.js";
import { scanJson } from "../../../lib/convert/checkpoint/json-scan.js";
import { expectRefusal } from "../../support/failure.js";
import { scratchFile, scratchPath, torchFile } from "../weights/support.js";

describe("ConfigObject.read", () => {
  test("reads an object with any keys", async () => {
    const path = await scratchFile("config.json", '\ufeff{"a": 1, "__proto__": {"b": 2}, "é": null}');
    const object = await ConfigObject.read(path);
    expect(object.keys()).toEqual(["a", "__proto__", "é"]);
    expect(object.value("b")).toBeUndefined();
    expect(object.optional("b", "number")).toBeUndefined();
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ["an array", "[1]", /holds an array instead of a JSON object/],
    ["null", "null", /holds null/],
    ["nothing", "", /is not valid JSON/],
    ["half an object", '{"a": ', /is not valid JSON/],
    ["what is not UTF-8", Buffer.from('{"\xff": 1}', "latin1"), /is not valid JSON/],
    ["deep nesting", `{"a": ${"[".repeat(2 ** 20)}`, /nested too deeply/],
    ["brackets without end", `{"a": [${"[],".repeat(2 ** 22)}1]}`, /too many values/],
    ["a reference of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", /git lfs pull/],
  ])("refuses %s", async (_, content, message) => {
    const path = await scratchFile("refused.json", content);
    await expectRefusal(ConfigObject.read(path), message);
    await expectRefusal(ConfigObject.read(path), /refused\.json/);
  });

  test("rejects a missing file, a folder and a file that is too large", async () => {
    await expectRefusal(ConfigObject.read(scratchPath("missing.json")), /missing\.json cannot be opened/);
    await expectRefusal(ConfigObject.read(scratchPath()), /not a regular file/);
    await expectRefusal(ConfigObject.read(torchFile("expected.json"), 100), /at most 100 are read/);
  });
});

test("scanJson counts the values that JSON.parse creates", () => {
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

describe("values", () => {
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
  const object = new ConfigObject("f.json", values);

  test.each<[string, Kind, (keyof typeof values)[]]>([
    ["a string", "string", ["text"]],
    ["a number", "number", ["number", "count"]],
    ["a whole number from 0", "count", ["count"]],
    ["true or false", "boolean", ["yes"]],
    ["an object", "object", ["object"]],
    ["an array", "array", ["texts", "numbers", "mixed"]],
    ["an array of strings", "strings", ["texts"]],
  ])("%s", (name, kind, fits) => {
    for (const [key, value] of Object.entries(values)) {
      if (value === null) expect(object.optional(key, kind)).toBeUndefined();
      else if ((fits as string[]).includes(key)) expect(object.optional(key, kind)).toBe(value);
      else
        expect(() => object.optional(key, kind)).toThrow(
          new RegExp(`^f\\.json: "${key}" is .*, not ${name}\\.$`),
        );
    }
    expect(object.optional("toString", kind)).toBeUndefined();
  });

  test("that are required", () => {
    expect(object.required("text", "string")).toBe("a");
    for (const key of ["nothing", "missing", "constructor"]) {
      expect(() => object.required(key, "string")).toThrow(/^f\.json lacks "/);
    }
  });

  test("that are objects know their file", () => {
    const outer = new ConfigObject("f.json", {
      inner: values,
      list: [values],
      mixed: [values, 1],
      none: null,
    });
    expect(() => outer.requiredObject("inner").required("text", "count")).toThrow(
      /^f\.json: "text" is "a", /,
    );
    expect(outer.requiredObjects("list").map((one) => one.path)).toEqual(["f.json"]);
    expect(() => outer.requiredObjects("mixed")).toThrow(/^f\.json: "mixed" holds 1/);
    expect(outer.optionalObject("none")).toBeUndefined();
    expect(outer.optionalObjects("none")).toEqual([]);
    expect(() => outer.requiredObjects("none")).toThrow(/^f\.json lacks "none"/);
  });
});
