import { bool, type GgufEntry, string, strings } from "../../gguf/metadata.js";
import type { BertShape } from "../checkpoint/bert-shape.js";
import { checkpointError } from "../checkpoint/errors.js";
import type { ModernBertShape } from "../checkpoint/modernbert-shape.js";
import { readAddedTokens } from "./added-tokens.js";
import { readByteLevel, unicodeFormKey } from "./byte-level.js";
import { readModernBertBpe, readRobertaBpe } from "./encoder-bpe.js";
import { readTokenizerFolder, type TokenizerFolder } from "./folder.js";
import { readMetaspace } from "./metaspace.js";
import { readSentencepiece } from "./sentencepiece.js";
import { readSpecialTokens } from "./special-tokens.js";
import { readBpeModel } from "./tokenizer-json.js";
import { isUnigram, readUnigram } from "./unigram.js";
import type { Vocabulary } from "./vocabulary.js";
import { readWordpiece } from "./wordpiece.js";

/**
 * Reads the tokenizer of a checkpoint: sentencepiece BPE (`tokenizer.model` or `tokenizer.json`) or byte-level BPE
 * (`tokenizer.json`) of a LLaMA; WordPiece (`tokenizer.json` or `vocab.txt`), byte-level BPE or unigram of a BERT;
 * byte-level BPE of a ModernBERT. Leaves out chat templates.
 * @param folder of the checkpoint
 * @param size rows of the model's embedding; a smaller vocabulary is padded
 * @param encoder of an encoder of BERT's kind
 * @returns the metadata `tokenizer.ggml.*` of a GGUF file, as in llama.cpp's conversion
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if a file is missing or damaged, or llama.cpp's tokenizer would give
 *   other tokens
 */
export async function readTokenizer(
  folder: string,
  size: number,
  encoder?: BertShape | ModernBertShape,
): Promise<{ readonly entries: readonly GgufEntry[] }> {
  const files = await readTokenizerFolder(folder);
  if (encoder) return { entries: await readEncoder(files, size, encoder) };
  const vocabulary = await readVocabulary(files, size);
  const { model, pre, table, merges, addSpacePrefix, unicodeForm } = vocabulary;
  const tokens = table.padded();
  const entries: GgufEntry[] = [
    ["tokenizer.ggml.model", string(model)],
    ["tokenizer.ggml.pre", string(pre)],
    ["tokenizer.ggml.tokens", strings(tokens)],
    ["tokenizer.ggml.token_type", { type: "i32s", value: table.types }],
  ];
  if (model === "llama") entries.push(["tokenizer.ggml.scores", { type: "f32s", value: table.scores }]);
  if (merges) entries.push(["tokenizer.ggml.merges", strings(merges)]);
  if (addSpacePrefix !== undefined) entries.push(["tokenizer.ggml.add_space_prefix", bool(addSpacePrefix)]);
  if (unicodeForm) entries.push([unicodeFormKey, string(unicodeForm)]);
  entries.push(...readSpecialTokens(files, vocabulary, tokens));
  return { entries };
}

async function readEncoder(
  files: TokenizerFolder,
  size: number,
  { vocabulary, tokenTypes }: BertShape | ModernBertShape,
): Promise<GgufEntry[]> {
  switch (vocabulary) {
    case "wordpiece":
      return readWordpiece(files, size, tokenTypes);
    case "running-text":
      return isUnigram(files)
        ? readUnigram(files, size, tokenTypes)
        : readRobertaBpe(files, size, tokenTypes);
    case "modern-bert":
      return readModernBertBpe(files, size);
  }
}

/** `tokenizer.model` wins over `tokenizer.json`, as in llama.cpp's conversion. */
function readVocabulary(folder: TokenizerFolder, size: number): Promise<Vocabulary> | Vocabulary {
  const added = readAddedTokens(folder);
  if (folder.sentencepiece !== undefined) return readSentencepiece(folder, folder.sentencepiece, added, size);
  if (!folder.tokenizer) {
    throw checkpointError(
      `${folder.path} has neither tokenizer.model nor tokenizer.json. Save the tokenizer there too: ` +
        "`AutoTokenizer.from_pretrained(base).save_pretrained(folder)`.",
    );
  }
  const model = readBpeModel(folder.tokenizer);
  const read = model.byteFallback ? readMetaspace : readByteLevel;
  return read(folder.tokenizer, model, added, size);
}
