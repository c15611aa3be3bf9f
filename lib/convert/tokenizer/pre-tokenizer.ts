import { checkpointError } from "../errors.js";
import { type JsonObject, optionalBoolean, optionalObject, optionalString } from "../json.js";
import type { JsonFile } from "./folder.js";
import { steps } from "./tokenizer-json.js";

const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const afterDigits = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const llama3 = `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${afterDigits}`;
const qwen2 = `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${afterDigits}`;

/** llama.cpp's name for each way to split text, as {@link describeStep} spells it. */
const known = new Map([
  [`split ${llama3}, bytes, whole words first`, "llama-bpe"],
  [`split ${llama3}, bytes`, "smaug-bpe"],
  [`split ${qwen2}, bytes`, "qwen2"],
  ["single digits, GPT-2's bytes", "smollm"],
  ["GPT-2's bytes", "gpt-2"],
  // The space in front is what every word gets anyway.
  ["GPT-2's bytes behind a space", "gpt-2"],
]);

/**
 * llama.cpp's name of how a byte-level tokenizer splits text before merging, recognized by its structure.
 * @param ignoreMerges whether pieces that are tokens as a whole are not merged
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a way that llama.cpp does not know
 */
export function recognizePreTokenizer(file: JsonFile, ignoreMerges: boolean): string {
  const parts = steps(file, "pre_tokenizer", "pretokenizers").map((step) => describeStep(step, file.path));
  if (ignoreMerges) parts.push("whole words first");
  const name = known.get(parts.join(", "));
  if (name !== undefined) return name;
  throw checkpointError(
    `${file.path} splits text in a way that is not known here (${parts.join(", ") || "not at all"}). ` +
      "Byte-level tokenizers of LLaMA 3, SmolLM, GPT-2 and Qwen 2 can be converted: check that this is the model's own " +
      'tokenizer.json, with its "pre_tokenizer" unchanged.',
  );
}

function describeStep(step: JsonObject, path: string): string {
  const type = optionalString(step, "type", path);
  switch (type) {
    case "ByteLevel": {
      const regex = optionalBoolean(step, "use_regex", path) ?? true;
      const space = optionalBoolean(step, "add_prefix_space", path) ?? true;
      return `${regex ? "GPT-2's bytes" : "bytes"}${space ? " behind a space" : ""}`;
    }
    case "Digits":
      return optionalBoolean(step, "individual_digits", path) ? "single digits" : "digits";
    case "Split": {
      const pattern = optionalObject(step, "pattern", path) ?? {};
      const regex = optionalString(pattern, "Regex", path);
      const behavior = optionalString(step, "behavior", path);
      const inverted = optionalBoolean(step, "invert", path) ?? false;
      // What matches is kept: as pieces of their own, or as what is not between the pieces.
      const kept = inverted ? behavior === "Removed" : behavior === "Isolated";
      return regex !== undefined && kept ? `split ${regex}` : "another Split";
    }
    default:
      return type ?? "a step without a type";
  }
}
