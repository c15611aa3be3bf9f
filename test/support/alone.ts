import { expect } from "@jest/globals";
import type { Entity, RecognizeOptions, Recognizer, TextInput } from "../../lib/index.js";

/**
 * Recognizes inputs together, and checks that each has the same entities alone, at their places in the text. The
 * recognizer needs `int8: true`: products of floats depend on the batch in their last bits.
 * @returns the entities of each input
 */
export async function expectTheSameAlone(
  recognizer: Recognizer,
  inputs: readonly Extract<TextInput, string | { words: unknown }>[],
  options: RecognizeOptions = {},
): Promise<Entity[][]> {
  const together = await recognizer.recognizeBatch(inputs, options);
  for (const [index, input] of inputs.entries()) {
    const alone = await recognizer.recognize(input, options);
    expect(alone).toEqual(together[index]);
    const text = typeof input === "string" ? input : input.words.join(" ");
    for (const { start, end, text: mention } of alone) expect(mention).toBe(text.slice(start, end));
  }
  return together;
}

/**
 * The same for a text with entities, long, empty, invisible, without spaces and as a list; the long one has entities to its
 * end.
 * @param others further inputs
 */
export async function expectPlacesOf(
  recognizer: Recognizer,
  text: string,
  others: readonly string[] = [],
): Promise<void> {
  const long = Array.from({ length: 40 }, () => text.replaceAll(".", ",")).join(" ");
  const texts = [text, long, "", "\u200b", "病".repeat(500), `1. ${text}\n2. ${text}`, ...others];
  const together = await expectTheSameAlone(recognizer, texts);
  expect(together[0]?.length).toBeGreaterThan(0);
  expect(together[1]?.at(-1)?.start).toBeGreaterThan(long.length / 2);
}
