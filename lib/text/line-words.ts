/** Words that tell prose from names. Entries are in lower case. */

/** Finite verbs, pronouns and conjunctions: names hold none, and prose seldom goes far without one. */
const clauseWords = new Set(
  (
    "am is are was were be been being has have had having do does did can could may might must shall should will " +
    "would we they it he she who whom whose which that this these those our their its his her there when where " +
    "whether while because although though however thus also if but so such found seen used using showed shown " +
    "shows suggest suggests suggested observed reported"
  ).split(" "),
);

/** Articles, prepositions and the like, which names may hold but never end with. */
const linkWords = new Set(
  (
    "a an the of in on at to from by for with without and or nor as per via into onto during after before between " +
    "among within against under over through than both not no due upon about across toward towards versus vs"
  ).split(" "),
);

const longest = 10;

export type WordRole = "clause" | "link" | "content";

/** What a word says about the line that it stands in. One capital letter is part of a name: vitamin A. */
export function roleOf(word: string): WordRole {
  if (word.length > longest || (word.length === 1 && word !== "a")) return "content";
  const lower = word.toLowerCase();
  if (linkWords.has(lower)) return "link";
  return clauseWords.has(lower) ? "clause" : "content";
}
