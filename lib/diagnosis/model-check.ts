import type { Entity } from "../decoding/entities.js";
import { listed, VanerError } from "../errors.js";
import type { Recognizer } from "../recognizer/recognizer.js";

/** A sentence, and what the model of this package finds in it. */
const sentence = "Cisplatin may cause hearing loss in mice.";
const expected = [
  ["Chemical", "Cisplatin"],
  ["Disease", "hearing loss"],
  ["Species", "mice"],
] as const;

/** What a model found in a known sentence. */
export interface ModelCheck {
  readonly text: string;
  readonly entities: readonly Entity[];
}

/**
 * Reads a known sentence.
 * @param isDefault whether this is the model of this package, whose entities are known
 * @throws {VanerError} `ERR_VANER_COMPUTE` if it finds others; as `Recognizer.recognize`
 */
export async function checkModel(recognizer: Recognizer, isDefault: boolean): Promise<ModelCheck> {
  const entities = await recognizer.recognize(sentence);
  const found = entities.map(({ type, text }) => `${text} (${type})`);
  const known = expected.map(([type, text]) => `${text} (${type})`);
  if (isDefault && found.join() !== known.join()) {
    throw new VanerError(
      "ERR_VANER_COMPUTE",
      `In ${JSON.stringify(sentence)} the model found ${listed(found)} instead of ${listed(known)}: its file is damaged or this system computes wrongly. Reinstall the package; if that does not help, report it with this output.`,
    );
  }
  return { text: sentence, entities };
}
