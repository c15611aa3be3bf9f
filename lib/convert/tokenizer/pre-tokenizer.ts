import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { steps } from "./tokenizer-json.js";

const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const afterDigits = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const llama3 = `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${afterDigits}`;
const qwen2 = `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${afterDigits}`;

/** llama.cpp's name of each way to split text, by the descriptions of {@link describeStep}. */
const known = new Map([
  [`split ${llama3}, bytes, whole words first`, "llama-bpe"],
  [`split ${llama3}, bytes`, "smaug-bpe"],
  [`split ${qwen2}, bytes`, "qwen2"],
  ["single digits, GPT-2's bytes", "smollm"],
  ["GPT-2's bytes", "gpt-2"],
  // Every word gets a space in front anyway.
  ["GPT-2's bytes behind a space", "gpt-2"],
]);

/**
 * Recognizes how a byte-level tokenizer splits text before merging.
 * @param ignoreMerges whether pieces that are tokens as a whole are left unmerged
 * @returns llama.cpp's name for it
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a way to split that llama.cpp does not know
 */
export function recognizePreTokenizer(file: ConfigObject, ignoreMerges: boolean): string {
  const parts = steps(file, "pre_tokenizer", "pretokenizers").map(describeStep);
  if (ignoreMerges) parts.push("whole words first");
  const name = known.get(parts.join(", "));
  if (name !== undefined) return name;
  throw checkpointError(
    `${file.path} splits text in a way that is not known here (${parts.join(", ") || "not at all"}). ` +
      "Byte-level tokenizers of LLaMA 3, SmolLM, GPT-2 and Qwen 2 can be converted: check that this is the model's own " +
      'tokenizer.json, with its "pre_tokenizer" unchanged.',
  );
}

function describeStep(step: ConfigObject): string {
  const type = step.optional("type", "string");
  switch (type) {
    case "ByteLevel": {
      const regex = step.optional("use_regex", "boolean") ?? true;
      const space = step.optional("add_prefix_space", "boolean") ?? true;
      return `${regex ? "GPT-2's bytes" : "bytes"}${space ? " behind a space" : ""}`;
    }
    case "Digits":
      return step.optional("individual_digits", "boolean") ? "single digits" : "digits";
    case "Split": {
      const regex = step.optionalObject("pattern")?.optional("Regex", "string");
      const behavior = step.optional("behavior", "string");
      const inverted = step.optional("invert", "boolean") ?? false;
      // Matches are kept as pieces: "Isolated", or everything else "Removed".
      const kept = inverted ? behavior === "Removed" : behavior === "Isolated";
      return regex !== undefined && kept ? `split ${regex}` : "another Split";
    }
    default:
      return type ?? "a step without a type";
  }
}
