import { beforeEach, describe, expect, test } from "@jest/globals";
import { vanerDatasets } from "../../lib/instructions/builtin.js";
import { InstructionRegistry } from "../../lib/instructions/registry.js";
import { Knowledge } from "../../lib/recognizer/knowledge.js";
import type { RecognizeOptions } from "../../lib/recognizer/query.js";
import { failing, instructed, resolved } from "../support/queries.js";

const headed = {
  heads: ["Disease", "Chemical"],
  labels: ["O", "B", "I"],
  trained: ["BC5CDR-disease:Disease", "BC5CDR-chem:Chemical"],
  template: "all",
  adaptiveTemplate: "",
};
const outcomes = { id: "outcomes", entityType: "Outcome", template: "find {entityType}" };

let registry: InstructionRegistry;
beforeEach(() => {
  registry = new InstructionRegistry();
});

function request(
  options: RecognizeOptions = {},
  info: ConstructorParameters<typeof Knowledge>[0] = instructed,
) {
  return resolved(options, info, registry);
}

/** The passes of a query, as `instruction -> type@head`. */
function asked(options?: RecognizeOptions, info?: ConstructorParameters<typeof Knowledge>[0]) {
  const { passes, types } = request(options, info);
  return passes.map(
    ({ instruction, outputs }) =>
      `${instruction} -> ${outputs.map(({ ranks, head }) => `${ranks.map((rank) => types[rank]).join("+")}@${head}`)}`,
  );
}

describe("a model whose instruction names the type", () => {
  test("makes one pass per type; by default for all trained types", () => {
    expect(asked()).toEqual(["any Disease -> Disease@0", "any Chemical -> Chemical@0"]);
    expect(asked({ types: ["Chemical"] })).toEqual(["any Chemical -> Chemical@0"]);
  });

  test("makes one pass for a repeated type, in the order of the call", () => {
    expect(request({ types: ["Chemical", "Disease", "Chemical"] }).types).toEqual(["Chemical", "Disease"]);
  });

  test("a dataset selects its template and, by default, its types", () => {
    expect(asked({ dataset: "ncbi" })).toEqual(["ncbi Disease -> Disease@0"]);
    expect(asked({ dataset: "BC5CDR-chem", types: ["Chemical"] })).toEqual([
      "BC5CDR-chem Chemical -> Chemical@0",
    ]);
  });

  test("rejects what it was not trained on, and names what it knows", () => {
    expect(() => request({ types: ["Gene"] })).toThrow(
      failing("ERR_VANER_UNKNOWN_TYPE", "Gene", "Disease", "Chemical"),
    );
    expect(() => request({ types: ["disease"] })).toThrow(failing("ERR_VANER_UNKNOWN_TYPE"));
    expect(() => request({ dataset: "jnlpba" })).toThrow(
      failing("ERR_VANER_UNKNOWN_DATASET", "jnlpba", "ncbi"),
    );
    expect(() => request({ dataset: "ncbi", types: ["Chemical"] })).toThrow(
      failing("ERR_VANER_UNKNOWN_DATASET", "Chemical", "ncbi", "BC5CDR-chem"),
    );
  });

  test("uses VANER's template if it has none", () => {
    const bare = { heads: ["*"], labels: ["O", "B", "I"], trained: [], template: "", adaptiveTemplate: "" };
    expect(new Knowledge(bare).types).toEqual([...new Set(Object.values(vanerDatasets))]);
    expect(asked({ types: ["Gene"] }, bare)).toEqual([
      "If any Gene entity is mentioned in the input, extract it. ##input:  -> Gene@0",
    ]);
    expect(asked({ dataset: "JNLPBA" }, bare)).toEqual([
      "If any Gene entity is mentioned in the JNLPBA input, extract it. ##input:  -> Gene@0",
    ]);
  });

  test("uses a template without {dataset} if there is no adaptive one", () => {
    expect(
      asked({ types: ["Disease"] }, { ...instructed, template: "is {entityType}", adaptiveTemplate: "" }),
    ).toEqual(["is Disease -> Disease@0"]);
  });
});

describe("a model with one head over several types", () => {
  const several = {
    heads: ["+"],
    labels: ["O", "B-Disease", "I-Disease", "B-Chemical", "I-Chemical"],
    trained: [],
    template: "",
    adaptiveTemplate: "",
  };

  test("makes one pass without an instruction, by default for all types that its labels name", () => {
    expect(asked({}, several)).toEqual([" -> Disease+Chemical@0"]);
    expect(asked({ types: ["Chemical"] }, several)).toEqual([" -> Chemical@0"]);
  });

  test("rejects other types, and instructions for them", () => {
    registry.register(outcomes);
    for (const options of [{ types: ["Gene"] }, { types: ["+"] }, { instruction: "outcomes" }]) {
      expect(() => request(options, several)).toThrow(
        failing("ERR_VANER_UNKNOWN_TYPE", "Disease", "Chemical", "can find no others"),
      );
    }
  });
});

describe("a model with a head for each type", () => {
  test("makes one pass for all types", () => {
    expect(asked({}, headed)).toEqual(["all -> Disease@0,Chemical@1"]);
    expect(asked({ types: ["Chemical"] }, headed)).toEqual(["all -> Chemical@1"]);
  });

  test("works without an instruction", () => {
    expect(asked({}, { ...headed, template: "" })).toEqual([" -> Disease@0,Chemical@1"]);
  });

  test("accepts the datasets that it was trained on", () => {
    expect(asked({ dataset: "BC5CDR-chem" }, headed)).toEqual(["all -> Chemical@1"]);
    expect(() => request({ dataset: "BC5CDR-chem", types: ["Disease"] }, headed)).toThrow(
      failing("ERR_VANER_UNKNOWN_DATASET"),
    );
  });

  test("rejects instructions for types without a head", () => {
    registry.register(outcomes);
    for (const options of [{ types: ["Outcome"] }, { instruction: "outcomes" }]) {
      expect(() => request(options, headed)).toThrow(
        failing("ERR_VANER_UNKNOWN_TYPE", "Outcome", "can find no others"),
      );
    }
  });

  test("can have a head for any other type", () => {
    registry.register(outcomes);
    const both = { ...headed, heads: ["Disease", "*"] };
    expect(asked({ types: ["Outcome", "Disease"] }, both)).toEqual([
      "find Outcome -> Outcome@1",
      "all -> Disease@0",
    ]);
  });
});

describe("registered instructions", () => {
  test("serve their own type, but not a type that the model was trained on", () => {
    registry.register(outcomes);
    registry.register({ id: "mine", entityType: "Disease", template: "mine" });
    expect(asked({ types: ["Outcome", "Disease"] })).toEqual([
      "find Outcome -> Outcome@0",
      "any Disease -> Disease@0",
    ]);
    expect(() => request({ types: ["Gene"] })).toThrow(failing("ERR_VANER_UNKNOWN_TYPE", '"Outcome"'));
  });

  test("serve any type of the model when a call names them", () => {
    registry.register({ id: "mine", entityType: "Disease", template: "mine" });
    registry.register({ id: "general", template: "all {entityType} there" });
    expect(asked({ instruction: "mine" })).toEqual(["mine -> Disease@0"]);
    expect(asked({ instruction: "general" })).toEqual([
      "all Disease there -> Disease@0",
      "all Chemical there -> Chemical@0",
    ]);
    expect(asked({ instruction: "vaner-adaptive", types: ["Disease"] })[0]).toContain(
      "If any Disease entity",
    );
    expect(() => request({ instruction: "mine", types: ["Chemical"] })).toThrow(
      failing("ERR_VANER_INVALID_ARGUMENT", "mine", "Disease", "Chemical"),
    );
    expect(() => request({ instruction: "general", types: ["Gene"] })).toThrow(
      failing("ERR_VANER_UNKNOWN_TYPE", "Gene"),
    );
  });

  test("must be chosen by id if several serve the same type", () => {
    registry.register(outcomes);
    registry.register({ ...outcomes, id: "outcomes-2", template: "other {entityType}" });
    expect(() => request({ types: ["Outcome"] })).toThrow(
      failing("ERR_VANER_INVALID_ARGUMENT", "Outcome", "outcomes", "outcomes-2"),
    );
    expect(asked({ types: ["Outcome"], instruction: "outcomes-2" })).toEqual(["other Outcome -> Outcome@0"]);
  });

  test("accept any dataset if they have {dataset}", () => {
    registry.register({ id: "sets", template: "{entityType} of {dataset}" });
    expect(asked({ instruction: "sets", dataset: "my notes", types: ["Disease"] })).toEqual([
      "Disease of my notes -> Disease@0",
    ]);
    expect(() => request({ instruction: "sets" })).toThrow(
      failing("ERR_VANER_INVALID_ARGUMENT", "`dataset`"),
    );
  });

  test("rejects a dataset that has no effect", () => {
    registry.register(outcomes);
    expect(() => request({ instruction: "outcomes", dataset: "ncbi" })).toThrow(
      failing("ERR_VANER_INVALID_ARGUMENT", "leave out", "ncbi"),
    );
  });

  test("names the known ids when one is unknown", () => {
    expect(() => request({ instruction: "what" })).toThrow(
      failing("ERR_VANER_UNKNOWN_INSTRUCTION", "what", "vaner"),
    );
  });
});
