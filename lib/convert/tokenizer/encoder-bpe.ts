import { describe } from "../../errors.js";
import { bool, type GgufEntry, string, strings, u32 } from "../../gguf/metadata.js";
import { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { CheckpointFile } from "../checkpoint/file.js";
import { readAddedTokens } from "./added-tokens.js";
import { readByteLevel, unicodeFormKey } from "./byte-level.js";
import type { TokenizerFolder } from "./folder.js";
import { readEncoderSpecials, specialEntries, type UsualSpecials } from "./sequence-ends.js";
import { readBpeModel } from "./tokenizer-json.js";
import { tokenTypes } from "./vocabulary.js";

const saveTokenizer =
  "Save the tokenizer there too: `AutoTokenizer.from_pretrained(base).save_pretrained(folder)`.";

/** Bytes of a merges.txt. The largest published ones have 2 MB. */
const largestMerges = 64 * 2 ** 20;

const robertaSpecials = { cls: "<s>", sep: "</s>", unk: "<unk>", pad: "<pad>", mask: "<mask>" };
const bertSpecials = { cls: "[CLS]", sep: "[SEP]", unk: "[UNK]", pad: "[PAD]", mask: "[MASK]" };

/**
 * Reads a byte-level BPE tokenizer of RoBERTa: `tokenizer.json`, or `vocab.json` and `merges.txt`.
 * @param size rows of the model's embedding; a smaller vocabulary is padded
 * @returns the metadata `tokenizer.ggml.*`, as in llama.cpp's conversion
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if a file is missing or damaged, or text is prepared in another way
 */
export async function readRobertaBpe(
  folder: TokenizerFolder,
  size: number,
  tokenTypeCount: number,
): Promise<GgufEntry[]> {
  const file = folder.tokenizer ?? (await fromFiles(folder));
  const { unicodeForm, entries } = readBpe(folder, file, size, robertaSpecials);
  if (unicodeForm) {
    throw checkpointError(
      `${file.path} normalizes text (${describe(unicodeForm)}), which RoBERTa does not. Such an encoder cannot be converted.`,
    );
  }
  return [
    ["tokenizer.ggml.pre", string("roberta-bpe")],
    ["tokenizer.ggml.token_type_count", u32(Math.max(1, tokenTypeCount))],
    ...entries,
  ];
}

/**
 * Reads the byte-level BPE tokenizer of a ModernBERT: `tokenizer.json`.
 * @returns as {@link readRobertaBpe}
 * @throws as {@link readRobertaBpe}
 */
export async function readModernBertBpe(folder: TokenizerFolder, size: number): Promise<GgufEntry[]> {
  const file = folder.tokenizer;
  if (!file) throw checkpointError(`${folder.path} has no tokenizer.json. ${saveTokenizer}`);
  const { unicodeForm, entries } = readBpe(folder, file, size, bertSpecials);
  // llama.cpp ends sequences of such a vocabulary with this token.
  const last = entries.flatMap(([key, id]) =>
    key === "tokenizer.ggml.seperator_token_id" ? [["tokenizer.ggml.eos_token_id", id] as const] : [],
  );
  return [
    ["tokenizer.ggml.pre", string("modern-bert")],
    ...(unicodeForm ? [[unicodeFormKey, string(unicodeForm)] as const] : []),
    ...entries,
    ...last,
    ["tokenizer.ggml.add_eos_token", bool(true)],
  ];
}

function readBpe(folder: TokenizerFolder, file: ConfigObject, size: number, usual: UsualSpecials) {
  const vocabulary = readByteLevel(file, readBpeModel(file), readAddedTokens(folder), size);
  const { table, merges, pre, unicodeForm } = vocabulary;
  if (pre !== "gpt-2") {
    throw file.error("the tokenizer splits text in another way than GPT-2's, which such an encoder has.");
  }
  const tokens = table.padded();
  const ids = new Map(tokens.map((text, id) => [text, id]));
  const specials = readEncoderSpecials(folder, ids, usual, ["cls", "sep"], file.path);
  for (const { id, text } of specials) table.set(id, text, tokenTypes.control);
  const entries: GgufEntry[] = [
    ["tokenizer.ggml.model", string("gpt2")],
    ["tokenizer.ggml.tokens", strings(tokens)],
    ["tokenizer.ggml.token_type", { type: "i32s", value: table.types }],
    ["tokenizer.ggml.merges", strings(merges ?? [])],
    ["tokenizer.ggml.add_space_prefix", bool(addsSpace(file, folder))],
    ...specialEntries(specials),
  ];
  return { unicodeForm, entries };
}

/** Whether the first word of a text gets a space. The configuration wins, as in transformers. */
function addsSpace(file: ConfigObject, { tokenizerConfig }: TokenizerFolder): boolean {
  return (
    tokenizerConfig?.optional("add_prefix_space", "boolean") ??
    file.optionalObject("pre_tokenizer")?.optional("add_prefix_space", "boolean") ??
    false
  );
}

/** The files of the first checkpoints, as a `tokenizer.json` would have them. */
async function fromFiles({ path, bpe }: TokenizerFolder): Promise<ConfigObject> {
  if (!bpe) {
    throw checkpointError(
      `${path} has neither tokenizer.json nor vocab.json and merges.txt. ${saveTokenizer}`,
    );
  }
  const vocabulary = await ConfigObject.read(bpe.vocabulary);
  const vocab = Object.fromEntries(vocabulary.entries());
  const model = { type: "BPE", vocab, merges: await readMerges(bpe.merges) };
  return new ConfigObject(bpe.vocabulary, { model, pre_tokenizer: { type: "ByteLevel" } });
}

/** One merge a line, behind a line with the version. */
async function readMerges(path: string): Promise<string[]> {
  const file = await CheckpointFile.open(path);
  try {
    if (file.size > largestMerges) {
      throw checkpointError(`${path} has ${file.size} bytes, but at most ${largestMerges} are read.`);
    }
    const lines = (await file.read(0, file.size)).toString("utf8").split(/\r?\n/);
    return lines.filter((line, index) => line !== "" && !(index === 0 && line.startsWith("#version")));
  } finally {
    await file.close();
  }
}
