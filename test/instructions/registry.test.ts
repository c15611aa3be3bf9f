import { beforeEach, describe, expect, test } from "@jest/globals";
import { InstructionRegistry, type NewInstruction } from "../../lib/instructions/registry.js";

const outcomes = {
  id: "trial-outcomes",
  entityType: "Outcome",
  template: "If any {entityType} is there, extract it. ",
};

let registry: InstructionRegistry;
beforeEach(() => {
  registry = new InstructionRegistry();
});

describe("InstructionRegistry", () => {
  test("knows VANER's two instructions", () => {
    expect(registry.list().map(({ id, version }) => [id, version])).toEqual([
      ["vaner", 1],
      ["vaner-adaptive", 1],
    ]);
    expect(registry.get("vaner").template).toContain("{dataset}");
  });

  test("registers, gets, lists and unregisters", () => {
    const kept = registry.register(outcomes);
    expect(kept).toEqual({ ...outcomes, version: 1 });
    expect(Object.isFrozen(kept)).toBe(true);
    expect(registry.get("trial-outcomes")).toBe(kept);
    expect(registry.list().at(-1)).toBe(kept);
    registry.unregister("trial-outcomes");
    expect(registry.list()).toHaveLength(2);
    registry.register({ ...outcomes, version: 2 });
    expect(registry.get("trial-outcomes").version).toBe(2);
  });

  test("keeps a copy of what it is given", () => {
    const mine = { ...outcomes };
    registry.register(mine);
    mine.template = "changed {entityType}";
    expect(registry.get("trial-outcomes").template).toBe(outcomes.template);
  });

  test("rejects an id that is in use", () => {
    registry.register(outcomes);
    for (const id of ["trial-outcomes", "vaner"]) {
      expect(() => registry.register({ ...outcomes, id })).toThrow(
        expect.objectContaining({
          code: "ERR_VANER_DUPLICATE_INSTRUCTION",
          message: expect.stringContaining(id),
        }),
      );
    }
  });

  test("names the known ids when one is unknown", () => {
    for (const ask of [() => registry.get("what"), () => registry.unregister("what")]) {
      expect(ask).toThrow(
        expect.objectContaining({
          code: "ERR_VANER_UNKNOWN_INSTRUCTION",
          message: 'No instruction is registered as "what". Known: "vaner", "vaner-adaptive".',
        }),
      );
    }
  });

  test("does not unregister built-in instructions", () => {
    expect(() => registry.unregister("vaner")).toThrow(
      expect.objectContaining({ code: "ERR_VANER_INVALID_ARGUMENT" }),
    );
    expect(registry.get("vaner")).toBeDefined();
  });

  test.each([
    ["no object", null],
    ["no id", { ...outcomes, id: undefined }],
    ["an empty id", { ...outcomes, id: "" }],
    ["a blank in the id", { ...outcomes, id: "a b" }],
    ["a blank type", { ...outcomes, entityType: " " }],
    ["a type that is no text", { ...outcomes, entityType: 3 }],
    ["version 0", { ...outcomes, version: 0 }],
    ["half a version", { ...outcomes, version: 1.5 }],
    ["no template", { ...outcomes, template: undefined }],
    ["an unknown placeholder", { ...outcomes, template: "{what}" }],
    ["neither type nor placeholder for it", { id: "x", template: "Extract it." }],
  ])("rejects %s and stays unchanged", (_what, instruction) => {
    expect(() => registry.register(instruction as NewInstruction)).toThrow(
      expect.objectContaining({ code: "ERR_VANER_INVALID_ARGUMENT" }),
    );
    expect(registry.list()).toHaveLength(2);
  });
});
