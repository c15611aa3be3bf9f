import { createContext, Script } from "node:vm";
import { describe } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";

/** Milliseconds. Enough for any real adapter on a busy machine; a hostile pattern could take years. */
const timeLimit = 2_000;

const script = new Script(`
  for (; at < keys.length; at++) {
    const pattern = new RegExp("^(?:.*\\\\.)?(?:" + keys[at] + ")$", "u");
    names.forEach((name, index) => {
      if (found[index] === undefined && pattern.test(name)) found[index] = at;
    });
  }
`);

/**
 * Finds the values of modules in `rank_pattern` and `alpha_pattern`. As in peft's `get_pattern_key`, a key is a
 * regular expression for the end of a module's name, starting at a dot or at the beginning, and the first matching key
 * counts. Refuses expressions that JavaScript does not share with Python.
 * @param patterns values by key
 * @param names    full names of modules, `model.layers.0.self_attn.q_proj`
 * @param file     the configuration, for messages
 * @returns values by module name, of the modules that match a key
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export function matchPatterns(
  patterns: ReadonlyMap<string, number>,
  names: readonly string[],
  file: string,
): Map<string, number> {
  const keys = [...patterns.keys()];
  const found = names.map((): number | undefined => undefined);
  // Run in a vm context for its time limit: there is no other way to stop a regular expression.
  const context = createContext({ keys, names, found, at: 0 });
  try {
    if (keys.length > 0) script.runInContext(context, { timeout: timeLimit });
  } catch (cause) {
    throw checkpointError(
      `${file}: the pattern ${describe(keys[context["at"]])} is not a regular expression that can be matched here in ` +
        "reasonable time. Write it as the end of modules' names.",
      { cause },
    );
  }
  return new Map(
    names.flatMap((name, index) => {
      const value = patterns.get(keys[found[index] ?? -1] ?? "");
      return found[index] === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}
