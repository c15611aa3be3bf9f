import { listed } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";

/** What one label says. */
export interface LabelRow {
  readonly tag: "O" | "B" | "I" | "E" | "S";
  /** The entity type in its name, or undefined if it has none. */
  readonly type: string | undefined;
}

/** Tags by their letter. L (last) and U (unit) of BILOU are E and S of BIOES. */
const tagsByLetter: ReadonlyMap<string, LabelRow["tag"]> = new Map([
  ["B", "B"],
  ["I", "I"],
  ["E", "E"],
  ["S", "S"],
  ["L", "E"],
  ["U", "S"],
]);

/** Signs between a tag and its type. */
const dividers = "-_:/";

const outside: LabelRow = { tag: "O", type: undefined };

/** Ways to write a tag of a type. All labels of a head but O are written in the same way. */
const spellings: readonly ((name: string) => LabelRow | undefined)[] = [
  (name) => (name.length === 1 ? row(name, undefined) : undefined),
  (name) => (isDivider(name[1]) && name.length > 2 ? row(name[0], name.slice(2)) : undefined),
  (name) => (isDivider(name.at(-2)) && name.length > 2 ? row(name.at(-1), name.slice(0, -2)) : undefined),
];

/**
 * Reads what labels say: `B`, `B-Disease`, `b_Disease`, `Disease-B`, or `Disease` (a tag I).
 * @param given whether the caller gave the names, so that each is meant
 * @param file  named in messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` unless they are O and tags, each tag of a type once
 */
export function parseLabels(names: readonly string[], given: boolean, file: string): LabelRow[] {
  const others = names.filter((name) => !isOutside(name));
  if (others.length === names.length && !others.some((name) => isTypedOutside(name))) {
    throw checkpointError(
      `${file}: the labels ${listed(names)} have no O, for text outside entities: if one of them means that, pass all labels in row order, with O in its place: --labels O,B-Disease,I-Disease.`,
    );
  }
  const spelling = spellings.find((read) => others.length > 0 && others.every((name) => read(name)));
  const read = spelling ?? plain;
  const odd = spelling ? [] : oddOnes(others, given);
  if (odd.length > 0 || others.length === 0) {
    const fixed = names.map((name) => (odd.includes(name) ? "O" : name));
    throw checkpointError(
      `${file}: ${listed(odd.length > 0 ? odd : names)} in the labels ${listed(names)} ${odd.length === 1 ? "is no tag" : "are no tags"} of an entity type such as B-Disease. For O, or to name other tags, ${passing(fixed)}`,
    );
  }
  const rows = names.map((name) => (isOutside(name) ? outside : (read(name) ?? outside)));
  const tags = rows.filter(({ tag }) => tag !== "O");
  if (new Set(tags.map(({ tag, type }) => `${tag}-${type}`)).size < tags.length) {
    throw checkpointError(
      `${file}: the labels ${listed(names)} are not O and the tags of entity types, each once: ${passing(names)}`,
    );
  }
  return rows;
}

/** The smallest scheme that has all tags. */
export function taggingOf(rows: readonly LabelRow[]): "BIO" | "BIOE" | "BIOES" | "IO" {
  const has = (wanted: LabelRow["tag"]) => rows.some(({ tag }) => tag === wanted);
  if (has("S")) return "BIOES";
  if (has("E")) return "BIOE";
  return has("B") ? "BIO" : "IO";
}

function row(letter: string | undefined, type: string | undefined): LabelRow | undefined {
  const tag = tagsByLetter.get(letter?.toUpperCase() ?? "");
  return tag && { tag, type };
}

function plain(name: string): LabelRow {
  return { tag: "I", type: name };
}

function isDivider(char: string | undefined): boolean {
  return char !== undefined && dividers.includes(char);
}

function isOutside(name: string): boolean {
  return name === "O" || name === "o";
}

function isTypedOutside(name: string): boolean {
  return isOutside(name[0] ?? "") && isDivider(name[1]);
}

/** Labels that keep those of a head from being types, or tags of types, all written in the same way. */
function oddOnes(names: readonly string[], given: boolean): string[] {
  const matches = spellings.slice(1).map((read) => names.filter((name) => read(name)));
  const [most = []] = matches.sort((a, b) => b.length - a.length);
  return names.filter(
    (name) =>
      name === "" ||
      isTypedOutside(name) ||
      /^(\[[^\]]*\]|<[^>]*>|LABEL_\d+)$/.test(name) ||
      /^([BIESLU][-_:/]|[-_:/][BIESLU])$/i.test(name) ||
      (name === "X" && !given) ||
      (most.length > 0 && !most.includes(name)),
  );
}

/** How to name the labels. */
function passing(names: readonly string[]): string {
  const list = names.join(",");
  const usable = list.length <= 500 && names.every((name) => name !== "" && !name.includes(","));
  return `pass all labels in row order: --labels ${usable ? JSON.stringify(list) : "O,B-Disease,I-Disease"}.`;
}
