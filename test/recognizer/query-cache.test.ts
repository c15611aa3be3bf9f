import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { instructions } from "../../lib/instructions/registry.js";
import { Knowledge } from "../../lib/recognizer/knowledge.js";
import { type RecognizeOptions, resolveQuery } from "../../lib/recognizer/query.js";
import { QueryCache } from "../../lib/recognizer/query-cache.js";

const knowledge = new Knowledge({
  heads: ["*"],
  labels: ["O", "B", "I"],
  trained: ["ncbi:Disease", "BC5CDR-chem:Chemical", "BC5CDR-disease:Disease"],
  template: "{dataset} {entityType}",
  adaptiveTemplate: "any {entityType}",
});

/** The result or the error of reading options. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return String(error);
  }
}

test("equal options give the same query object", () => {
  const queries = new QueryCache(knowledge);
  const first = queries.resolve({ types: ["Disease"], dataset: "ncbi" });
  expect(queries.resolve({ types: ["Disease"], dataset: "ncbi", signal: new AbortController().signal })).toBe(
    first,
  );
});

test("earlier calls do not change how options are read", () => {
  const types = fc.oneof(
    fc.constantFrom(undefined, [], "Disease", ["Outcome"], ["Disease", 7], null),
    fc.array(fc.constantFrom("Disease", "Chemical"), { maxLength: 3 }),
  );
  const options = fc.record(
    {
      types,
      dataset: fc.constantFrom("ncbi", "BC5CDR-chem", "unknown", ""),
      overlaps: fc.constantFrom("keep", "longest", "nonsense"),
      aggregation: fc.constantFrom(undefined, "first", "max", "simple"),
      consistency: fc.constantFrom(undefined, true, false, 1),
      lines: fc.constantFrom(undefined, true, false, "yes"),
      instruction: fc.constantFrom("vaner", "unknown"),
      signal: fc.constantFrom(undefined, {}, new AbortController().signal),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<RecognizeOptions>;
  fc.assert(
    fc.property(fc.array(options, { minLength: 2, maxLength: 12 }), (calls) => {
      const queries = new QueryCache(knowledge);
      for (const call of calls) {
        expect(outcome(() => queries.resolve(call))).toEqual(
          outcome(() => resolveQuery(call, knowledge, instructions)),
        );
      }
    }),
    { numRuns: 500 },
  );
});

test("later changes of the caller's array have no effect", () => {
  const queries = new QueryCache(knowledge);
  const types = ["Disease"];
  queries.resolve({ types });
  types[0] = "Chemical";
  expect(queries.resolve({ types }).types).toEqual(["Chemical"]);
  expect(queries.resolve({ types: ["Disease"] }).types).toEqual(["Disease"]);
});

test("a registered instruction is looked up at every call", () => {
  const queries = new QueryCache(knowledge);
  instructions.register({ id: "outcomes", entityType: "Outcome", template: "find {entityType}" });
  try {
    expect(queries.resolve({ types: ["Outcome"] }).passes[0]?.instruction).toBe("find Outcome");
  } finally {
    instructions.unregister("outcomes");
  }
  expect(() => queries.resolve({ types: ["Outcome"] })).toThrow(/ERR_VANER_UNKNOWN_TYPE|not trained/);
});
