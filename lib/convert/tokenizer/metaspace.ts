import { describe } from "../../errors.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { type AddedToken, addedScore, addTokens } from "./added-tokens.js";
import { checkBytes } from "./sentencepiece.js";
import { type BpeModel, steps } from "./tokenizer-json.js";
import { TokenTable, tokenTypes, type Vocabulary } from "./vocabulary.js";

const mark = "▁";

/** Longest merged token, in UTF-16 code units. sentencepiece makes none beyond 16 characters. */
const longestMerged = 128;

/**
 * Reads a sentencepiece vocabulary that was saved as `tokenizer.json`, of LLaMA 2's kind: BPE with byte fallback,
 * over text whose spaces are marks. llama.cpp picks a merge by the score of its result, whatever the two parts are;
 * the scores made here reproduce the order of the merges.
 * @param size rows of the model's embedding
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if no scores can reproduce the merges, or text is prepared differently
 */
export function readMetaspace(
  file: ConfigObject,
  model: BpeModel,
  added: readonly AddedToken[],
  size: number,
): Vocabulary {
  if (model.ignoreMerges) {
    throw checkpointError(
      `${file.path} has "ignore_merges" beside byte fallback, which llama.cpp's tokenizer does not know.`,
    );
  }
  const table = new TokenTable(size, file.path);
  const scores = mergeScores(model, file.path);
  const lowest = -1 - scores.size;
  let unk: number | undefined;
  for (const [token, id] of model.vocabulary) {
    const byte = /^<0x[0-9A-F]{2}>$/.test(token);
    if (token === model.unknownToken) unk = id;
    const type = byte ? tokenTypes.byte : id === unk ? tokenTypes.unknown : tokenTypes.normal;
    table.set(id, token, type, scores.get(token) ?? lowest);
  }
  addTokens(table, added, addedScore, file.path);
  checkBytes(table, file.path);
  checkSplits(model, scores, table, file.path);
  return {
    model: "llama",
    pre: "default",
    table,
    addSpacePrefix: marksWords(file),
    specials: unk === undefined ? {} : { unk },
  };
}

/**
 * The score of each merged token: 0 for the first, -1 for the next, and so on. Tokens with interleaved merges had
 * the same score in the sentencepiece model: transformers sorts their merges by falling length.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if interleaved merges are in another order
 */
function mergeScores(model: BpeModel, path: string): Map<string, number> {
  const known = new Set(model.vocabulary.map(([token]) => token));
  const lastMerge = new Map(model.merges.map(([left, right], index) => [left + right, index]));
  const scores = new Map<string, number>();
  let [score, end, tied] = [1, -1, false];
  let sorted: string | undefined;
  let previous: readonly [string, string] = ["", ""];
  for (const [index, [left, right]] of model.merges.entries()) {
    const merged = left + right;
    checkMerge(index, [left, right, merged], known, path);
    if (index > end) {
      score--;
      [end, tied, sorted] = [index, false, undefined];
    } else {
      tied ||= merged !== previous.join("");
      if (!isLonger(previous, [left, right])) sorted ??= merged;
    }
    if (tied && sorted !== undefined) throw inexpressible(path, sorted);
    end = Math.max(end, lastMerge.get(merged) ?? index);
    scores.set(merged, score);
    previous = [left, right];
  }
  return scores;
}

function checkMerge(
  index: number,
  tokens: readonly [string, string, string],
  known: ReadonlySet<string>,
  path: string,
): void {
  const stranger = tokens.find((token) => !known.has(token));
  if (stranger !== undefined)
    throw checkpointError(
      `${path}: merge ${index} needs the token ${describe(stranger)}, which does not exist.`,
    );
  if (tokens[2].length > longestMerged)
    throw checkpointError(
      `${path}: merge ${index} makes a token of ${tokens[2].length} characters: is it LLaMA's tokenizer?`,
    );
}

/** Whether the parts of a merge are at least as long as those of another; the left part decides first. */
function isLonger(one: readonly [string, string], other: readonly [string, string]): boolean {
  const [left, right] = [0, 1].map((part) => [...(one[part] ?? "")].length - [...(other[part] ?? "")].length);
  return left !== undefined && right !== undefined && (left > 0 || (left === 0 && right >= 0));
}

/** llama.cpp merges any two tokens that spell a third, so all such pairs must be merges. */
function checkSplits(
  model: BpeModel,
  scores: ReadonlyMap<string, number>,
  table: TokenTable,
  path: string,
): void {
  const plain = new Set<string>();
  for (const [token, id] of model.vocabulary) if (table.types[id] === tokenTypes.normal) plain.add(token);
  const merges = new Set(model.merges.map(([left, right]) => `${left}\0${right}`));
  for (const token of plain) {
    if (!scores.has(token) && token.length > longestMerged) throw inexpressible(path, token);
    for (let at = 1; at < token.length; at++) {
      const [left, right] = [token.slice(0, at), token.slice(at)];
      if (plain.has(left) && plain.has(right) && !merges.has(`${left}\0${right}`))
        throw inexpressible(path, token);
    }
  }
}

function inexpressible(path: string, token: string): Error {
  return checkpointError(
    `${path} has merges to the token ${describe(token)} that no order of scores can express. ` +
      "Put the tokenizer.model of the model's base into the folder: it will be used instead.",
  );
}

/** Whether words get a mark in front. transformers has two ways to say it. */
function marksWords(file: ConfigObject): boolean {
  const normalizers = steps(file, "normalizer", "normalizers").map(normalizer);
  const preTokenizers = steps(file, "pre_tokenizer", "pretokenizers").map(preTokenizer);
  switch ([...normalizers, ...preTokenizers].join(", ")) {
    case "prepend, replace":
    case "mark words":
    case "replace, mark words":
      return true;
    case "replace":
    case "mark spaces":
    case "replace, mark spaces":
      return false;
    default:
      throw checkpointError(
        `${file.path} prepares text in a way that is not known here ` +
          `(${[...normalizers, ...preTokenizers].join(", ") || "not at all"}), other than LLaMA 2 does. ` +
          "Put the tokenizer.model of the model's base into the folder: it will be used instead.",
      );
  }
}

function normalizer(step: ConfigObject): string {
  const type = step.optional("type", "string");
  if (type === "Prepend" && step.optional("prepend", "string") === mark) return "prepend";
  if (type === "Replace" && step.optional("content", "string") === mark) {
    if (step.optionalObject("pattern")?.optional("String", "string") === " ") return "replace";
  }
  return `another ${type ?? "step"}`;
}

function preTokenizer(step: ConfigObject): string {
  const type = step.optional("type", "string");
  const split = step.optional("split", "boolean") ?? true;
  if (type !== "Metaspace" || split || step.optional("replacement", "string") !== mark)
    return `another ${type ?? "step"}`;
  // Each word is tokenized by itself, so "first" and "always" are the same.
  const scheme =
    step.optional("prepend_scheme", "string") ??
    ((step.optional("add_prefix_space", "boolean") ?? true) ? "always" : "never");
  return scheme === "never" ? "mark spaces" : "mark words";
}
