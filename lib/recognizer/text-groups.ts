import type { SourceText } from "../text/input.js";

/**
 * Text that is tokenized in one native call, in UTF-16 code units: some thousand tokens in the first group, since
 * the engine waits for it, and twice as much in each group after it, since fewer calls take less time.
 */
const firstLength = 4096;
const longestLength = 16_384;

/** Most texts of a group: of empty ones, any number would fit. */
const mostTexts = 1024;

/** Cuts a list of texts into groups that are tokenized together. A text longer than a group is a group of its own. */
export function* textGroups(texts: readonly SourceText[]): Generator<readonly SourceText[]> {
  let longest = firstLength;
  let group: SourceText[] = [];
  let length = 0;
  for (const source of texts) {
    if (group.length === mostTexts || (group.length > 0 && length + source.text.length > longest)) {
      yield group;
      longest = Math.min(2 * longest, longestLength);
      group = [];
      length = 0;
    }
    group.push(source);
    length += source.text.length;
  }
  if (group.length > 0) yield group;
}
