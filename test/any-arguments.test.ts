import { describe, test } from "@jest/globals";
import fc from "fast-check";
import {
  convertAdapter,
  convertCheckpoint,
  inspectModel,
  instructions,
  quantizeModel,
  Recognizer,
  VanerError,
} from "../lib/index.js";
import { checkLoadOptions } from "../lib/recognizer/load.js";
import { fakeRecognizer } from "./support/fake-model.js";

const runs = Math.max(500, Number(process.env["VANER_FUZZ_RUNS"] ?? 0) / 100);

/** Any value, also some that look like what is asked for. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
  }),
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    0,
    -1,
    1.5,
    Number.NaN,
    "",
    " ",
    "\0",
    "\ud800",
    "a:b",
    ":",
    "{dataset}",
    "{x}",
    Symbol("s"),
    () => {},
    [],
    new Array(1),
    ["Disease"],
    ["Disease", "Nothing"],
    [[]],
    [[""]],
    [["a", 1]],
    { words: ["a"], sentences: [] },
    { sentences: [[], ["a"]] },
    { aborted: false },
    { aborted: false, addEventListener: () => {} },
    { [Symbol.iterator]: 1 },
    { [Symbol.asyncIterator]: null },
    Object.assign(Object.create(null), { protocol: "file:" }),
    Object.assign(Object.create(null), { protocol: "file:", href: 1n }),
    new URL("file:///a%2Fb"),
    new URL("https://example.org/a.gguf"),
    new Date(Number.NaN),
    new Proxy([], {}),
  ),
);

/** Options of these names, each with any value or none. */
function anyOptions(names: readonly string[]): fc.Arbitrary<unknown> {
  const each = fc.record(Object.fromEntries(names.map((name) => [name, anything])), { requiredKeys: [] });
  return fc.oneof({ weight: 5, arbitrary: each }, { weight: 1, arbitrary: anything });
}

/** Fails if a call throws anything but a `VanerError`. */
async function check(call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof VanerError)) throw error;
  }
}

const load = ["model", "adapter", "gpu", "threads", "int8", "int8Scales", "onProgress", "signal", "logger"];
const recognize = [
  "types",
  "dataset",
  "instruction",
  "overlaps",
  "aggregation",
  "consistency",
  "lines",
  "signal",
];
const convert = [
  ...[
    "checkpoint",
    "adapters",
    "adapter",
    "base",
    "type",
    "int8Scales",
    "output",
    "heads",
    "labels",
    "entityType",
    "causal",
  ],
  ...["template", "adaptiveTemplate", "trained", "maxTokens", "name", "onProgress", "signal"],
];
const quantize = ["input", "output", "type", "importance", "threads", "onProgress", "signal"];
const instruction = ["id", "version", "template", "entityType"];

describe("whatever is passed, errors are typed", () => {
  const { recognizer } = fakeRecognizer();
  const calls: [
    name: string,
    given: fc.Arbitrary<readonly unknown[]>,
    call: (...given: never[]) => unknown,
  ][] = [
    ["load", fc.tuple(anyOptions(load)), (options) => checkLoadOptions(options)],
    [
      "a model that cannot be loaded",
      fc.tuple(anything.filter((model) => model !== undefined).map((model) => ({ model, threads: 1 }))),
      (options) => Recognizer.load(options),
    ],
    [
      "recognize",
      fc.tuple(fc.oneof(anything, fc.constant("bad text")), anyOptions(recognize)),
      (text, options) => recognizer.recognize(text, options),
    ],
    [
      "recognizeBatch",
      fc.tuple(fc.oneof(anything, fc.array(anything, { maxLength: 3 })), anyOptions(recognize)),
      (texts, options) => recognizer.recognizeBatch(texts, options),
    ],
    [
      "recognizeStream",
      fc.tuple(fc.oneof(anything, fc.array(anything, { maxLength: 3 })), anyOptions(recognize)),
      async (texts, options) => {
        for await (const _ of recognizer.recognizeStream(texts, options));
      },
    ],
    ["convertCheckpoint", fc.tuple(anyOptions(convert)), (options) => convertCheckpoint(options)],
    ["convertAdapter", fc.tuple(anyOptions(convert)), (options) => convertAdapter(options)],
    ["quantizeModel", fc.tuple(anyOptions(quantize)), (options) => quantizeModel(options)],
    [
      "inspectModel",
      fc.tuple(anything, anyOptions(["signal"])),
      (model, options) => inspectModel(model, options),
    ],
    [
      "instructions",
      fc.tuple(anyOptions(instruction), anything),
      (options, id) => {
        const { id: registered } = instructions.register(options);
        instructions.unregister(registered);
        instructions.get(id);
      },
    ],
    ["instructions.unregister", fc.tuple(anything), (id) => instructions.unregister(id)],
  ];
  test.each(calls)("%s", async (_name, given, call) => {
    const property = fc.asyncProperty(given, (values) => check(() => call(...(values as never[]))));
    await fc.assert(property, { numRuns: runs });
  });
});
