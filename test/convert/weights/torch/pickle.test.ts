import { describe, expect, test } from "@jest/globals";
import { readPickle } from "../../../../lib/convert/weights/torch/pickle.js";
import type { PickleValue } from "../../../../lib/convert/weights/torch/pickle-values.js";
import { torchGlobals } from "../../../../lib/convert/weights/torch/torch-globals.js";
import { TorchStorage, TorchTensor } from "../../../../lib/convert/weights/torch/torch-tensor.js";

const storage = new TorchStorage("0", { element: "F32" }, 0, 64);
const world = { globals: torchGlobals, persistent: () => storage };

const latin1 = (text: string) => Buffer.from(text, "latin1");
const read = (text: string) => readPickle(latin1(text), world, "f.bin");
const refuses = (text: string, message: RegExp) =>
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: "ERR_VANER_CHECKPOINT", message: expect.stringMatching(message) }),
  );
const word = (text: string) => `\x8c${String.fromCharCode(text.length)}${text}`;

describe("plain data", () => {
  test.each<[string, string, PickleValue]>([
    ["a list that grows", "]K\x01aK\x02a.", [1, 2]],
    ["a tuple", "(K\x01N\x88t.", [1, null, true]],
    [
      "numbers",
      "(M\x00\x01J\xff\xff\xff\xff\x8a\x00\x8a\x01\x80G?\xf8\0\0\0\0\0\0t.",
      [256, -1, 0, -128, 1.5],
    ],
    ["a number beyond 2^53", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.", 2n ** 63n - 1n],
    ["a byte order mark in a text", "\x8c\x03\xef\xbb\xbf.", "\ufeff"],
    ["what the memo holds", "]\x94q\x05h\x050h\x05.", []],
    ["an ordered dictionary", "ccollections\nOrderedDict\n)R}bK\x01K\x02s.", new Map([[1, 2]])],
    [
      "an ordered dictionary of pairs",
      "ccollections\nOrderedDict\n]K\x01K\x02\x86a\x85R.",
      new Map([[1, 2]]),
    ],
  ])("%s", (_, text, value) => {
    expect(read(text)).toEqual(value);
  });

  test("keys cannot change a prototype", () => {
    const value = read(`}(${word("__proto__")}}${word("constructor")}Nu.`);
    expect(value).toEqual(
      new Map([
        ["__proto__", new Map()],
        ["constructor", null],
      ] as [string, unknown][]),
    );
    expect(Object.getPrototypeOf(value)).toBe(Map.prototype);
  });

  test("a list that contains itself", () => {
    const list = read("]q\0h\0a.") as PickleValue[];
    expect(list[0]).toBe(list);
  });
});

describe("code execution is rejected by name", () => {
  test.each([
    [
      "os.system by REDUCE",
      "\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R.",
      /run "os\.system", which is refused\. .*safetensors/,
    ],
    ["posix.system", "cposix\nsystem\n.", /"posix\.system"/],
    ["builtins.eval", "cbuiltins\neval\nX\x011\0\0\0\x85R.", /"builtins\.eval"/],
    ["Python 2's eval", "c__builtin__\neval\n.", /"__builtin__\.eval"/],
    ["STACK_GLOBAL", `\x80\x04${word("os")}${word("system")}\x93.`, /"os\.system"/],
    ["STACK_GLOBAL out of the memo", `${word("os")}\x940${word("system")}\x940h\0h\x01\x93.`, /"os\.system"/],
    [
      "a dotted name",
      `${word("torch")}${word("_utils._rebuild_tensor_v2.__globals__")}\x93.`,
      /__globals__"/,
    ],
    ["a module of plain data", "ccollections\nnamedtuple\n.", /"collections\.namedtuple"/],
    ["torch.load", "ctorch\nload\n.", /"torch\.load"/],
    ["a prototype's name", "c__proto__\nconstructor\n.", /"__proto__\.constructor"/],
    ["no name", "K\x01K\x02\x93.", /a name that is a number/],
    ["a long name", `c${"x".repeat(1000)}\ny\n.`, /"x{200}…"/],
    ["INST", "(ios\nsystem\n.", /operation INST/],
    ["OBJ", "(o.", /operation OBJ/],
    ["NEWOBJ", "ccollections\nOrderedDict\n)\x81.", /operation NEWOBJ,/],
    ["NEWOBJ_EX", "\x92.", /operation NEWOBJ_EX/],
    ["EXT1", "\x82\x01.", /operation EXT1/],
    ["PERSID", "P1\n.", /operation PERSID/],
  ])("%s", (_, text, message) => {
    refuses(text, message);
  });
});

describe("malformed", () => {
  test.each([
    ["nothing", "", /ends too early/],
    ["no end", "N", /ends too early/],
    ["an empty stack", ".", /stack runs empty/],
    ["a stack that a mark guards", "N(.", /stack runs empty/],
    ["a tuple without a mark", "Nt.", /never began/],
    ["a text beyond the end", "X\xff\xff\xff\xff.", /ends too early/],
    ["bytes beyond the end", "\x96\xff\xff\xff\xff\xff\xff\xff\xff.", /ends too early/],
    ["a name without its end", "cos\nsystem", /ends too early/],
    ["a text that is not UTF-8", "\x8c\x01\xff.", /not in UTF-8/],
    ["a number of 2 GB", "\x8b\xff\xff\xff\x7f.", /unreasonable size/],
    ["an unknown operation", "\x00.", /byte 0 where an operation/],
    ["a newer protocol", "\x80\x06N.", /protocol is 6/],
    ["a value that is not in the memo", "h\x01.", /did not store/],
    ["appending to a tuple", ")K\x01a.", /append to a tuple/],
    ["a key of a list", "]K\x01K\x02s.", /set keys of a list/],
    ["a key without a value", "}(K\x01u.", /set keys of/],
    ["adding to a dictionary", "}(K\x01\x90.", /add to a dictionary/],
    ["calling a number", "K\x01)R.", /call a number/],
    ["calling a constant", "ctorch\nFloatStorage\n)R.", /call torch\.FloatStorage/],
    ["calling with a list that is none", "ctorch\nSize\nNR.", /call torch\.Size/],
    ["arguments that do not fit", "ctorch\nSize\nN\x85R.", /calls torch\.Size with arguments/],
    ["the state of a list", "]}b.", /set the state of a list/],
    ["pairs that are none", "ccollections\nOrderedDict\n]K\x01a\x85R.", /arguments that do not fit/],
  ])("%s", (_, text, message) => {
    refuses(text, message);
  });

  test("a million values", () => refuses("}".repeat(2 ** 20 + 1), /more than 1048576 operations/));
  test("a million marks", () => refuses("(".repeat(2 ** 20 + 1), /more than 1048576 operations/));
  test("deep nesting causes no recursion", () => {
    let value = read(`${"]".repeat(300_000)}${"a".repeat(299_999)}.`);
    let depth = 0;
    for (; Array.isArray(value) && value.length > 0; depth++) value = value[0] as PickleValue;
    expect(depth).toBe(299_999);
  });
  test("repeated copies of one list", () => {
    const list = `](${"N".repeat(10_000)}e\x85q\x01`;
    refuses(`cbuiltins\nset\nq\0${list}${"h\0h\x01R0".repeat(1000)}.`, /calls copy too much/);
  });
});

describe("tensors", () => {
  const tuple = (numbers: number[]) => `(${numbers.map((one) => `M${latin1Number(one)}`).join("")}t`;
  const latin1Number = (one: number) => String.fromCharCode(one & 255, one >> 8);
  const tensor = (offset: number, shape: number[], stride: number[]) =>
    `ctorch._utils\n_rebuild_tensor_v2\n(NQM${latin1Number(offset)}${tuple(shape)}${tuple(stride)}\x89NtR.`;

  test.each([
    [0, [4, 4], [4, 1]],
    [15, [], []],
    [15, [1, 1], [999, 999]],
    [12, [2, 2], [1, 2]],
    [999, [0, 5], [5, 1]],
  ])("offset %i, shape %j, strides %j", (offset, shape, stride) => {
    const value = read(tensor(offset, shape, stride));
    expect(value).toBeInstanceOf(TorchTensor);
    expect(value).toMatchObject({ offset, shape, stride, type: { element: "F32" }, storage });
  });

  test.each([
    [1, [4, 4], [4, 1]],
    [0, [17], [1]],
    [16, [], []],
    [0, [2, 2], [15, 1]],
    [0, [65535, 65535, 65535, 65535], [65535, 65535, 65535, 65535]],
  ])("offset %i, shape %j, strides %j exceed the storage", (offset, shape, stride) => {
    refuses(tensor(offset, shape, stride), /beyond its storage/);
  });

  test("strides for other dimensions", () => refuses(tensor(0, [2, 2], [1]), /arguments that do not fit/));
  test("no storage", () =>
    refuses("ctorch._utils\n_rebuild_tensor_v2\n(NK\0))\x89NtR.", /arguments that do not fit/));
});
