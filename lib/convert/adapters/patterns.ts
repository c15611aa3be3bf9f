import { createContext, Script } from "node:vm";
import { describe } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";

/** Long enough for any real adapter on a busy machine; a pattern can be written to take years. */
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
 * Values that `rank_pattern` and `alpha_pattern` give to modules. As in peft's `get_pattern_key`, a
 * key is a regular expression for the end of a module's name, from a dot or the beginning on, and the
 * first key that matches counts. Expressions that Python and JavaScript do not share are refused.
 * @param patterns values by key
 * @param names    full names of modules, `model.layers.0.self_attn.q_proj`
 * @param file     the configuration, for messages
 * @returns values by name, of the modules that a key matches
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export function matchPatterns(
  patterns: ReadonlyMap<string, number>,
  names: readonly string[],
  file: string,
): Map<string, number> {
  const keys = [...patterns.keys()];
  const found = names.map((): number | undefined => undefined);
  // A context of its own only for the time limit: expressions that backtrack cannot be stopped otherwise.
  const context = createContext({ keys, names, found, at: 0 });
  try {
    if (keys.length > 0) script.runInContext(context, { timeout: timeLimit });
  } catch (cause) {
    throw checkpointError(
      `${file}: the pattern ${describe(keys[context["at"]])} is no regular expression that can be matched here in ` +
        "reasonable time. Write it as the end of modules' names.",
      { cause },
    );
  }
  return new Map(
    names.flatMap((name, index) => {
      const key = keys[found[index] ?? -1];
      return key === undefined ? [] : [[name, patterns.get(key) as number]];
    }),
  );
}
