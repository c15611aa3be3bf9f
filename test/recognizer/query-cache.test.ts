import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { instructions } from "../../lib/instructions/registry.js";
import { Knowledge } from "../../lib/recognizer/knowledge.js";
import { type RecognizeOptions, readRequest } from "../../lib/recognizer/request.js";
import { Requests } from "../../lib/recognizer/requests.js";

const knowledge = new Knowledge({
  heads: ["*"],
  trained: ["ncbi:Disease", "BC5CDR-chem:Chemical", "BC5CDR-disease:Disease"],
  template: "{dataset} {entityType}",
  adaptiveTemplate: "any {entityType}",
});

/** What reading gives or throws. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return String(error);
  }
}

test("options that come again come to the same request", () => {
  const requests = new Requests(knowledge);
  const first = requests.read({ types: ["Disease"], dataset: "ncbi" });
  expect(requests.read({ types: ["Disease"], dataset: "ncbi", signal: new AbortController().signal })).toBe(
    first,
  );
});

test("whatever came before, options are read as if nothing had", () => {
  const types = fc.oneof(
    fc.constantFrom(undefined, [], "Disease", ["Outcome"], ["Disease", 7], null),
    fc.array(fc.constantFrom("Disease", "Chemical"), { maxLength: 3 }),
  );
  const options = fc.record(
    {
      types,
      dataset: fc.constantFrom("ncbi", "BC5CDR-chem", "unknown", ""),
      overlaps: fc.constantFrom("keep", "longest", "nonsense"),
      instruction: fc.constantFrom("vaner", "unknown"),
      signal: fc.constantFrom(undefined, {}, new AbortController().signal),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<RecognizeOptions>;
  fc.assert(
    fc.property(fc.array(options, { minLength: 2, maxLength: 12 }), (calls) => {
      const requests = new Requests(knowledge);
      for (const call of calls) {
        expect(outcome(() => requests.read(call))).toEqual(
          outcome(() => readRequest(call, knowledge, instructions)),
        );
      }
    }),
    { numRuns: 500 },
  );
});

test("a caller may change its array afterwards", () => {
  const requests = new Requests(knowledge);
  const types = ["Disease"];
  requests.read({ types });
  types[0] = "Chemical";
  expect(requests.read({ types }).types).toEqual(["Chemical"]);
  expect(requests.read({ types: ["Disease"] }).types).toEqual(["Disease"]);
});

test("an instruction for a type of its own is looked up each time", () => {
  const requests = new Requests(knowledge);
  instructions.register({ id: "outcomes", entityType: "Outcome", template: "find {entityType}" });
  try {
    expect(requests.read({ types: ["Outcome"] }).passes[0]?.instruction).toBe("find Outcome");
  } finally {
    instructions.unregister("outcomes");
  }
  expect(() => requests.read({ types: ["Outcome"] })).toThrow(/ERR_VANER_UNKNOWN_TYPE|not trained/);
});
