import { describe } from "../../errors.js";
import { checkpointError } from "../errors.js";
import { type JsonObject, optionalBoolean, optionalObject, optionalString } from "../json.js";
import type { AddedToken } from "./added-tokens.js";
import type { JsonFile } from "./folder.js";
import { addedScore, checkBytes } from "./sentencepiece.js";
import { type BpeModel, steps } from "./tokenizer-json.js";
import { TokenTable, tokenTypes, type Vocabulary } from "./vocabulary.js";

const mark = "▁";

/** UTF-16 code units of a token that can be merged; sentencepiece makes none beyond 16 characters. */
const longestMerged = 128;

/**
 * A sentencepiece vocabulary that was saved as `tokenizer.json`, of LLaMA 2's kind: BPE with byte fallback over text
 * whose spaces are marks. llama.cpp merges by the score of what comes out, whatever its two parts are: the scores are
 * made so that this is the order of the merges.
 * @param size rows of the model's embedding
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where no scores can say what the merges do, or text is prepared otherwise
 */
export function readMetaspace(
  file: JsonFile,
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
  for (const { id, text, type } of added) table.set(id, text, type, addedScore);
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
 * The score of each token that merging makes: 0 for the first, -1 for the next, and so on. Tokens whose merges lie among
 * each other had one score in the sentencepiece model: transformers writes their merges by falling length.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where merges among each other are in another order
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
      `${path}: merge ${index} needs the token ${describe(stranger)}, which there is not.`,
    );
  if (tokens[2].length > longestMerged)
    throw checkpointError(
      `${path}: merge ${index} makes a token of ${tokens[2].length} characters: is it LLaMA's tokenizer?`,
    );
}

/** Whether the parts of a merge are as long as those of another, or longer, the left one first. */
function isLonger(one: readonly [string, string], other: readonly [string, string]): boolean {
  const [left, right] = [0, 1].map((part) => [...(one[part] ?? "")].length - [...(other[part] ?? "")].length);
  return left !== undefined && right !== undefined && (left > 0 || (left === 0 && right >= 0));
}

/** llama.cpp merges any two tokens that spell a third: all of these pairs must be merges. */
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

/** Whether words get a mark in front; both spellings of transformers are known. */
function marksWords(file: JsonFile): boolean {
  const normalizers = steps(file, "normalizer", "normalizers").map((step) => normalizer(step, file.path));
  const preTokenizers = steps(file, "pre_tokenizer", "pretokenizers").map((step) =>
    preTokenizer(step, file.path),
  );
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

function normalizer(step: JsonObject, path: string): string {
  const type = optionalString(step, "type", path);
  if (type === "Prepend" && optionalString(step, "prepend", path) === mark) return "prepend";
  if (type === "Replace" && optionalString(step, "content", path) === mark) {
    const pattern = optionalObject(step, "pattern", path) ?? {};
    if (optionalString(pattern, "String", path) === " ") return "replace";
  }
  return `another ${type ?? "step"}`;
}

function preTokenizer(step: JsonObject, path: string): string {
  const type = optionalString(step, "type", path);
  const split = optionalBoolean(step, "split", path) ?? true;
  if (type !== "Metaspace" || split || optionalString(step, "replacement", path) !== mark)
    return `another ${type ?? "step"}`;
  // Words are each a first one: "first" and "always" are the same for them.
  const scheme =
    optionalString(step, "prepend_scheme", path) ??
    ((optionalBoolean(step, "add_prefix_space", path) ?? true) ? "always" : "never");
  return scheme === "never" ? "mark spaces" : "mark words";
}
