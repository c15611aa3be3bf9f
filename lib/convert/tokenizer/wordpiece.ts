import { describe } from "../../errors.js";
import { bool, type GgufEntry, string, strings, u32 } from "../../gguf/metadata.js";
import type { BertNormalizer } from "../../text/bert-words.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { CheckpointFile } from "../checkpoint/file.js";
import { isCount } from "../checkpoint/json.js";
import { addedForText, readAddedTokens } from "./added-tokens.js";
import type { TokenizerFolder } from "./folder.js";
import { readEncoderSpecials, specialEntries } from "./sequence-ends.js";
import { steps } from "./tokenizer-json.js";
import { TokenTable, tokenTypes } from "./vocabulary.js";

/** Bytes of a vocab.txt. The largest published ones have 2 MB. */
const largestVocabulary = 64 * 2 ** 20;

/** llama.cpp's mark of tokens that start a word. */
const mark = "▁";

/** Characters of a word that is not the unknown token. `native/tokenizer/wordpiece.cpp` has the same. */
const longestWord = 100;

const usual = { cls: "[CLS]", sep: "[SEP]", unk: "[UNK]", pad: "[PAD]", mask: "[MASK]" };

/**
 * Reads a WordPiece tokenizer: `tokenizer.json`, or `vocab.txt` with the settings of `tokenizer_config.json`.
 * @param size rows of the model's embedding; a smaller vocabulary is padded
 * @returns the metadata `tokenizer.ggml.*`, as in llama.cpp's conversion
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if a file is missing or damaged, or text is prepared in another way
 */
export async function readWordpiece(
  folder: TokenizerFolder,
  size: number,
  tokenTypeCount: number,
): Promise<GgufEntry[]> {
  const { tokenizer } = folder;
  const source = tokenizer ? tokenizer.path : folder.wordpiece;
  if (source === undefined) {
    throw checkpointError(
      `${folder.path} has neither tokenizer.json nor vocab.txt. Save the tokenizer there too: ` +
        "`AutoTokenizer.from_pretrained(base).save_pretrained(folder)`.",
    );
  }
  const added = readAddedTokens(folder);
  const own = tokenizer ? readModel(tokenizer) : await readLines(source);
  const tokens: Tokens = [...own, ...added.map(({ text, id }) => [text, id] as const)];
  const normalizer = readNormalizer(folder);
  const found = readEncoderSpecials(folder, new Map(tokens), usual, ["cls", "sep", "unk"], source);
  const special = added.filter(({ type }) => type === tokenTypes.control);
  const controls = new Set([...found, ...special].map(({ text }) => text));
  for (const { text } of added) {
    if (!controls.has(text) && !isBracketed(text)) throw addedForText(source, text, "WordPiece");
  }
  const table = new TokenTable(size, source);
  for (const [text, id] of tokens) table.set(id, spelled(text, controls), typeOf(text, controls));
  return [
    ["tokenizer.ggml.model", string("bert")],
    ["tokenizer.ggml.tokens", strings(table.padded())],
    ["tokenizer.ggml.token_type", { type: "i32s", value: table.types }],
    ["tokenizer.ggml.token_type_count", u32(Math.max(1, tokenTypeCount))],
    ...specialEntries(found),
    ["tokenizer.ggml.normalizer.lowercase", bool(normalizer.lowercase)],
    ["tokenizer.ggml.normalizer.strip_accents", bool(normalizer.stripAccents)],
    ["vaner.normalizer.split_cjk", bool(normalizer.splitCjk)],
  ];
}

/** llama.cpp's spelling: a mark in front of tokens that start words, nothing in front of the others. */
function spelled(text: string, controls: ReadonlySet<string>): string {
  if (controls.has(text) || isBracketed(text)) return text;
  return text.startsWith("##") ? text.slice(2) : mark + text;
}

function typeOf(text: string, controls: ReadonlySet<string>) {
  return controls.has(text) || isBracketed(text) ? tokenTypes.control : tokenTypes.normal;
}

/** Such as `[unused1]`. No word is spelled so: brackets are words of their own. */
function isBracketed(text: string): boolean {
  return text.length > 2 && text.startsWith("[") && text.endsWith("]");
}

type Tokens = readonly (readonly [text: string, id: number])[];

function readModel(file: ConfigObject): Tokens {
  const model = file.requiredObject("model");
  const type = model.optional("type", "string");
  if (type !== "WordPiece") {
    throw checkpointError(
      `${file.path} holds a tokenizer of type ${describe(type)}; encoders of BERT's family are converted with WordPiece only.`,
    );
  }
  const prefix = model.optional("continuing_subword_prefix", "string") ?? "##";
  const longest = model.optional("max_input_chars_per_word", "count") ?? longestWord;
  if (prefix !== "##" || longest !== longestWord) {
    throw model.error(
      `a WordPiece model with the prefix ${describe(prefix)} and words of at most ${longest} characters is not supported, only "##" and ${longestWord}.`,
    );
  }
  return model
    .requiredObject("vocab")
    .entries()
    .map(([text, id]) => {
      if (isCount(id)) return [text, id];
      throw checkpointError(
        `${file.path} gives the token ${describe(text)} the id ${describe(id)}, not an index.`,
      );
    });
}

/** One token a line. */
async function readLines(path: string): Promise<Tokens> {
  const file = await CheckpointFile.open(path);
  try {
    if (file.size > largestVocabulary) {
      throw checkpointError(`${path} has ${file.size} bytes, but at most ${largestVocabulary} are read.`);
    }
    const lines = (await file.read(0, file.size)).toString("utf8").split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines.map((line, id) => [line.replace(/\r$/, ""), id]);
  } finally {
    await file.close();
  }
}

/** How text is prepared, as far as a file says it. `null` is said too: accents are then stripped as case is folded. */
interface Settings {
  readonly lowercase?: boolean;
  readonly stripAccents?: boolean | null;
  readonly splitCjk?: boolean;
}

/** Classes that take `tokenizer.json` as it is. */
const generalClasses: readonly unknown[] = ["PreTrainedTokenizerFast", "TokenizersBackend"];

/**
 * How text is prepared. `tokenizer_config.json` wins over `tokenizer.json`, as in transformers' classes of BERT's
 * tokenizers.
 */
function readNormalizer({ tokenizer, tokenizerConfig }: TokenizerFolder): BertNormalizer {
  const general = generalClasses.includes(tokenizerConfig?.value("tokenizer_class"));
  const settings: Settings = {
    ...(tokenizer && tokenizerSettings(tokenizer)),
    ...(!(tokenizer && general) && configSettings(tokenizerConfig)),
  };
  const lowercase = settings.lowercase ?? true;
  return {
    lowercase,
    stripAccents: settings.stripAccents ?? lowercase,
    splitCjk: settings.splitCjk ?? true,
  };
}

function tokenizerSettings(file: ConfigObject): Settings {
  const [normalizer, ...others] = steps(file, "normalizer", "normalizers");
  const [words, ...more] = steps(file, "pre_tokenizer", "pretokenizers");
  const known =
    normalizer?.optional("type", "string") === "BertNormalizer" &&
    words?.optional("type", "string") === "BertPreTokenizer" &&
    normalizer.optional("clean_text", "boolean") !== false;
  if (!normalizer || !known || others.length > 0 || more.length > 0) {
    throw checkpointError(
      `${file.path} prepares text in another way than BERT's tokenizer (BertNormalizer with clean_text, then BertPreTokenizer). Such a model cannot be converted.`,
    );
  }
  return readSettings(normalizer, "lowercase", "handle_chinese_chars");
}

function configSettings(config: ConfigObject | undefined): Settings {
  return config ? readSettings(config, "do_lower_case", "tokenize_chinese_chars") : {};
}

function readSettings(from: ConfigObject, caseKey: string, cjkKey: string): Settings {
  const [lowercase, splitCjk] = [from.optional(caseKey, "boolean"), from.optional(cjkKey, "boolean")];
  const stripAccents = from.optional("strip_accents", "boolean") ?? null;
  return {
    ...(lowercase !== undefined && { lowercase }),
    ...(from.value("strip_accents") !== undefined && { stripAccents }),
    ...(splitCjk !== undefined && { splitCjk }),
  };
}
