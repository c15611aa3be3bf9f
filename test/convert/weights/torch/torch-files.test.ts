import { describe, expect, test } from "@jest/globals";
import { openSafetensors } from "../../../../lib/convert/weights/safetensors.js";
import { openTorchStateDict, stateDictOf } from "../../../../lib/convert/weights/torch/state-dict.js";
import { openTorchFile } from "../../../../lib/convert/weights/torch/torch-file.js";
import { TorchTensor } from "../../../../lib/convert/weights/torch/torch-tensor.js";
import { expectRefusal } from "../../../support/failure.js";
import { contentsOf, expected, torchFile } from "../support.js";

describe("a file written by Python", () => {
  test.each([1, 2, 100])("is read from safetensors, %i rows at a time", async (step) => {
    const source = await openSafetensors(torchFile("plain.safetensors"));
    expect(await contentsOf(source, step)).toEqual(expected["plain"]);
    expect(source.unreadable.size).toBe(0);
    await source.close();
  });

  test.each([1, 2, 100])("is read from a state dictionary, %i rows at a time", async (step) => {
    const source = await openTorchStateDict(torchFile("plain.bin"));
    expect(await contentsOf(source, step)).toEqual(expected["plain"]);
    expect(source.unreadable.size).toBe(0);
    await source.close();
  });

  test("may have 8-bit floats, which are not converted", async () => {
    const source = await openSafetensors(torchFile("float8.safetensors"));
    expect([...source.tensors.keys()]).toEqual(["f32"]);
    expect(source.unreadable.get("f8")).toMatch(/F8_E5M2/);
    await expectRefusal(source.readRows("f8", 0, 1), /"f8" cannot be read: .*F8_E5M2/);
    await source.close();
  });

  test.each([1, 2, 100])("is read through views, %i rows at a time", async (step) => {
    const source = await openTorchStateDict(torchFile("views.bin"));
    expect(await contentsOf(source, step)).toEqual(expected["views"]);
    expect(Object.fromEntries(source.unreadable)).toEqual({
      expanded: expect.stringMatching(/4x4 with strides 0, 0: save a contiguous\(\) copy/),
      permuted: expect.stringMatching(/scattered/),
      strided: expect.stringMatching(/scattered/),
      complex: expect.stringMatching(/complex/i),
      float8: expect.stringMatching(/float8_e4m3fn/),
      uint16: expect.stringMatching(/uint16/),
      epoch: "it is a number, not a tensor",
    });
    await source.close();
  });

  test("may have the key state_dict", async () => {
    const source = await openTorchStateDict(torchFile("trainer.bin"));
    expect(await contentsOf(source)).toEqual(expected["trainer"]);
    await source.close();
  });

  test.each([2, 3, 4, 5])("may be nested, in pickle protocol %i", async (protocol) => {
    const file = await openTorchFile(torchFile(`nested-${protocol}.pt`));
    const saved = file.root as Map<string, unknown>;
    expect(saved.get("base_model_path")).toBe("models/base");
    const config = saved.get("train_config") as Map<string, unknown>;
    const weights = config.get("class_weights") as TorchTensor;
    expect(weights).toBeInstanceOf(TorchTensor);
    config.delete("class_weights");
    expect(config.get("dtype")).toMatchObject({ name: "torch.bfloat16" });
    config.delete("dtype");
    expect(Object.fromEntries(config)).toEqual({
      num_classes: 3,
      classes: ["O", "B", "I"],
      lr: 1e-4,
      steps: [10, -2, 70000, 2 ** 40, 2n ** 70n, -(2n ** 70n)],
      flags: [true, false, null],
      names: new Set(["a"]),
      raw: Uint8Array.of(0, 255, 128),
      "more raw": new Uint8Array(Buffer.from("abc")),
      nothing: new Uint8Array(),
      size: [2, 3],
      device: "cpu",
      frozen: new Set([1]),
      ordered: new Map([["x", 1]]),
    });

    const heads = saved.get("type_heads_state_dict") as Map<string, Map<string, TorchTensor>>;
    const found: Record<string, unknown> = { ...expected["nested"] };
    expect(Buffer.from(await file.readRows(weights, "class_weights", 0, 3)).toString("hex")).toBe(
      expected["nested"]?.["class_weights"]?.bytes,
    );
    delete found["class_weights"];
    for (const [type, state] of heads) {
      for (const [name, content] of Object.entries(await contentsOf(stateDictOf(file, state, type)))) {
        expect(content).toEqual(found[`${type}/${name}`]);
        delete found[`${type}/${name}`];
      }
    }
    expect(found).toEqual({});
    await file.close();
    await file.close();
    await expectRefusal(file.readRows(weights, "class_weights", 0, 1), /cannot be read/);
  });
});

describe("rejects", () => {
  test.each([
    ["old.bin", /PyTorch before 1\.6.*newer PyTorch/],
    ["script.pt", /TorchScript program.*state_dict\(\)/],
    ["namespace.bin", /run "argparse\.Namespace", which is refused.*safetensors/],
    ["module.bin", /run "torch\.nn\.modules\.linear\.Linear", which is refused.*safetensors/],
    ["plain.safetensors", /not a PyTorch file/],
    ["nested-2.pt/x", /cannot be opened/],
    ["missing", /cannot be opened/],
    ["", /not a regular file/],
  ])("%s", async (name, message) => {
    await expectRefusal(openTorchFile(torchFile(name)), message);
  });

  test("rows out of range", async () => {
    const source = await openTorchStateDict(torchFile("plain.bin"));
    for (const [first, count] of [
      [0, 0],
      [0, 6],
      [5, 1],
      [-1, 1],
      [0.5, 1],
      [Number.NaN, 1],
      [2 ** 53, 1],
      [0, Number.POSITIVE_INFINITY],
    ] as const) {
      await expectRefusal(source.readRows("vector", first, count), /has 5 rows/);
    }
    await expectRefusal(source.readRows("toString", 0, 1), /holds no tensor "toString"/);
    await source.close();
  });

  test("a value that is not a dictionary of tensors", async () => {
    const file = await openTorchFile(torchFile("nested-2.pt"));
    expect(() => stateDictOf(file, [1], "Its list")).toThrow(/Its list is a list, not a dictionary/);
    expect(() => stateDictOf(file, undefined, "Its nothing")).toThrow(/not a dictionary/);
    expect(() => stateDictOf(file, new Map([[1, 2]]), "It")).toThrow(/key that is a number/);
    await file.close();
  });
});
