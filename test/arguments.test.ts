import { describe, expect, test } from "@jest/globals";
import { checkNames, didYouMean } from "../lib/arguments.js";
import {
  convertAdapter,
  convertCheckpoint,
  inspectModel,
  instructions,
  quantizeModel,
  Recognizer,
} from "../lib/index.js";
import { checkRecognizeNames } from "../lib/recognizer/query.js";

/** Every function of the API that takes options, called with what JavaScript may pass. */
const calls: [name: string, call: (options: never) => unknown, misspelt: string, known: string][] = [
  ["Recognizer.load", (options) => Recognizer.load(options), "modell", "model"],
  ["recognize", (options) => checkRecognizeNames(options), "type", "types"],
  ["convertCheckpoint", (options) => convertCheckpoint(options), "maxToken", "maxTokens"],
  ["convertAdapter", (options) => convertAdapter(options), "Base", "base"],
  ["quantizeModel", (options) => quantizeModel(options), "imput", "input"],
  ["inspectModel", (options) => inspectModel("a.gguf", options), "signals", "signal"],
  ["instructions.register", (options) => instructions.register(options), "entity_type", "entityType"],
];

const refusal = (message: unknown) => ({ code: "ERR_VANER_INVALID_ARGUMENT", message });

describe.each(calls)("%s", (name, call, misspelt, known) => {
  const given = async (options: unknown) => call(options as never);

  test("names the option that a misspelt one is nearest to", async () => {
    const message = expect.stringContaining(
      `${name} has no option "${misspelt}". Did you mean "${known}"? Its options are `,
    );
    await expect(given({ [misspelt]: 1 })).rejects.toMatchObject(refusal(message));
  });

  test.each([[null], [3], ["a"], [[]]])("refuses %j as options", async (options) => {
    const message = expect.stringMatching(/^The options of [\w.]+ must be an object, not /);
    await expect(given(options)).rejects.toMatchObject(refusal(message));
  });
});

test.each([
  ["convertCheckpoint", () => convertCheckpoint(undefined as never)],
  ["convertAdapter", () => convertAdapter(undefined as never)],
  ["quantizeModel", () => quantizeModel(undefined as never)],
  ["instructions.register", async () => instructions.register(undefined as never)],
])("%s needs options", async (name, call) => {
  const message = `The options of ${name} must be an object, not undefined.`;
  await expect(call()).rejects.toMatchObject(refusal(message));
});

test("an undefined option is as absent, even an unknown one", () => {
  checkNames<{ known?: number }>("call", { known: undefined, other: undefined }, { known: true });
});

test("suggests only what is near, in any case", () => {
  const types = ["Disease", "Chemical"];
  expect(didYouMean("diseases", types)).toBe(' Did you mean "Disease"?');
  expect(didYouMean("CHEMICAL", types)).toBe(' Did you mean "Chemical"?');
  expect(didYouMean("Planet", types)).toBe("");
  expect(didYouMean("Planet", [])).toBe("");
});
