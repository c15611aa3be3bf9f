import { describe, expect, test } from "@jest/globals";
import { InstructionRegistry } from "../../lib/instructions/registry.js";
import { Knowledge } from "../../lib/recognizer/knowledge.js";
import { checkRecognizeNames, type RecognizeOptions, resolveQuery } from "../../lib/recognizer/query.js";
import { failing, instructed, resolved as request } from "../support/queries.js";

describe("the options of a call", () => {
  test.each([
    { types: [] },
    { types: "Disease" },
    { types: [3] },
    { types: null },
    { dataset: "" },
    { dataset: 3 },
    { instruction: {} },
    { overlaps: "drop" },
    { aggregation: "none" },
    { aggregation: null },
    { consistency: 1 },
    { consistency: null },
    { lines: "yes" },
    { lines: null },
    { signal: {} },
    { signal: null },
  ])("rejects %j", (options) => {
    expect(() => request(options as unknown as RecognizeOptions)).toThrow(
      failing("ERR_VANER_INVALID_ARGUMENT"),
    );
  });

  test("says what is wrong with the types", () => {
    const types = (value: unknown) => () => request({ types: value } as RecognizeOptions);
    expect(types([])).toThrow(
      failing("ERR_VANER_INVALID_ARGUMENT", "`types` is empty", "leave it out for all"),
    );
    expect(types("Disease")).toThrow(
      failing("ERR_VANER_INVALID_ARGUMENT", "such as ", "Disease", "not ", "Disease"),
    );
    expect(types(["Diseases"])).toThrow(failing("ERR_VANER_UNKNOWN_TYPE", "Did you mean ", "Disease"));
  });

  test("names the first of a million unknown types", () => {
    const types = Array.from({ length: 1_000_000 }, (_, index) => `Type${index}`);
    expect(() => request({ types })).toThrow(failing("ERR_VANER_UNKNOWN_TYPE", '"Type0"'));
    expect(() => request({ types: ["Disease", ...types] })).toThrow(
      failing("ERR_VANER_UNKNOWN_TYPE", '"Type0"'),
    );
    expect(request({ types: Array(1_000_000).fill("Disease") }).types).toEqual(["Disease"]);
  });

  test("shows the start of very long names", () => {
    const name = "x".repeat(10_000_000);
    const short = expect.objectContaining({ message: expect.stringMatching(/^.{1,300}$/) });
    expect(() => request({ types: [name] })).toThrow(short);
    expect(() => request({ dataset: name })).toThrow(short);
    expect(() => request({ types: ["Disease"], dataset: name })).toThrow(short);
    expect(() => request({ instruction: name })).toThrow(short);
    expect(() => checkRecognizeNames({ [name]: 1 })).toThrow(short);
  });

  test("looks for the layout unless it is told", () => {
    expect(request().lines).toBeUndefined();
    expect(request({ lines: true }).lines).toBe(true);
    expect(request({ lines: false }).lines).toBe(false);
  });

  test("adds repeated mentions by default", () => {
    expect(request().consistency).toBe(true);
    expect(request({ consistency: false }).consistency).toBe(false);
  });

  test("aggregates as the model's units allow", () => {
    const byToken = (aggregation?: "first" | "simple") =>
      resolveQuery({ aggregation }, new Knowledge(instructed, ["simple"]), new InstructionRegistry())
        .aggregation;
    expect(request().aggregation).toBe("first");
    expect(request({ aggregation: "max" }).aggregation).toBe("max");
    expect(byToken()).toBe("simple");
    expect(byToken("simple")).toBe("simple");
    expect(() => byToken("first")).toThrow(failing("ERR_VANER_INVALID_ARGUMENT", "tags tokens", "simple"));
    expect(() => request({ aggregation: "simple" })).toThrow(
      failing("ERR_VANER_INVALID_ARGUMENT", "tokenized one by one", "first", "simple"),
    );
  });

  test("keeps overlaps by default", () => {
    expect(request().overlaps).toBe("keep");
    expect(request({ overlaps: "resolve" }).overlaps).toBe("resolve");
  });

  test("rejects a model with malformed training data", () => {
    for (const pair of ["ncbi", "ncbi:", ":Disease"]) {
      expect(() => new Knowledge({ ...instructed, trained: [pair] })).toThrow(
        failing("ERR_VANER_MODEL_FORMAT", pair),
      );
    }
  });
});
