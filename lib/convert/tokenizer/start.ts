import type { GgufEntry } from "../../gguf/metadata.js";
import { checkpointError } from "../checkpoint/errors.js";

/**
 * The text of the token that stands in front of running text whose tokens are tagged; empty if there is none.
 * @param entries metadata of the tokenizer
 * @param folder  named in messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a tokenizer other than byte-level BPE
 */
export function startOf(entries: readonly GgufEntry[], folder: string): string {
  const values = new Map(entries);
  if (values.get("tokenizer.ggml.model")?.value !== "gpt2") {
    throw checkpointError(
      `${folder}: only tokens of byte-level BPE can be tagged: leave out --tag-tokens, so that words are tagged.`,
    );
  }
  const adds = values.get("tokenizer.ggml.add_bos_token");
  const id = values.get("tokenizer.ggml.bos_token_id");
  const tokens = values.get("tokenizer.ggml.tokens");
  if (adds?.type !== "bool" || !adds.value || id?.type !== "u32" || tokens?.type !== "strings") return "";
  return tokens.value[id.value] ?? "";
}
