import { describe } from "../../errors.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { fetchAgain } from "../checkpoint/file.js";
import { steps } from "./tokenizer-json.js";

/** How text is normalized and cut before a unigram vocabulary spells it; see `PieceRules` in `lib/text/pieces.ts`. */
export interface TextRules {
  readonly unicode?: "NFC" | "NFKC";
  readonly charsmap?: Uint8Array;
  readonly spaces: readonly string[];
}

const mark = "▁";

/** A step that changes nothing in text whose white space is single spaces between words, as the engine reads it. */
const idle = "idle";

/**
 * Reads how a unigram tokenizer prepares text.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a step that is not known, by name
 */
export function readTextRules(file: ConfigObject): TextRules {
  const normalizers = steps(file, "normalizer", "normalizers");
  const [first, ...others] = normalizers.filter((step) => describeNormalizer(step) !== idle);
  const form = first && readForm(first);
  const rest = (form ? others : normalizers).map(describeNormalizer).filter((step) => step !== idle);
  const cuts = steps(file, "pre_tokenizer", "pretokenizers").map(describePreTokenizer);
  const spaces = spacesOf(rest.join(", "), cuts.join(", "));
  if (spaces) return { ...form, spaces };
  throw checkpointError(
    `${file.path} prepares text in a way that is not known here (${[...rest, ...cuts].join(", ") || "not at all"}). ` +
      "Unigram tokenizers with Precompiled, NFC or NFKC, then Strip at the end and Replace of several spaces, and with Metaspace " +
      "can be converted: check that this is the model's own tokenizer.json.",
  );
}

function readForm(step: ConfigObject): Omit<TextRules, "spaces"> | undefined {
  const type = step.value("type");
  if (type === "NFC" || type === "NFKC") return { unicode: type };
  if (type !== "Precompiled") return undefined;
  const encoded = step.required("precompiled_charsmap", "string");
  const charsmap = Buffer.from(encoded, "base64");
  if (charsmap.toString("base64") !== encoded) {
    throw step.error(`"precompiled_charsmap" is not in base64. ${fetchAgain}`);
  }
  return charsmap.length > 0 ? { charsmap } : {};
}

function spacesOf(normalizers: string, cuts: string): string[] | undefined {
  if (cuts === "split words, marks") {
    // Neither step changes what stands between spaces.
    return ["", "trim-end", "join", "trim-end, join"].includes(normalizers) ? ["split"] : undefined;
  }
  if (cuts !== "marks" && cuts !== "first mark") return undefined;
  switch (normalizers) {
    case "":
      return ["mark"];
    case "trim-end":
      return ["trim-end", "mark"];
    case "join":
    case "join to a mark":
      return ["join", "mark"];
    case "trim-end, join":
    case "trim-end, join to a mark":
      return ["trim-end", "join", "mark"];
    default:
      return undefined;
  }
}

function describeNormalizer(step: ConfigObject): string {
  const type = step.optional("type", "string") ?? "a step without a type";
  const pattern = type === "Replace" ? step.optionalObject("pattern") : undefined;
  const content = type === "Replace" ? step.optional("content", "string") : undefined;
  if (pattern?.value("Regex") === " {2,}") {
    if (content === " ") return "join";
    if (content === mark) return "join to a mark";
  }
  if (content === " " && ["\n", "\r", "\t"].includes(String(pattern?.value("String")))) return idle;
  if (pattern) return `Replace of ${describe(pattern.value("Regex") ?? pattern.value("String"))}`;
  if (type === "Strip" && step.value("strip_left") === false && step.value("strip_right") === true) {
    return "trim-end";
  }
  return type;
}

function describePreTokenizer(step: ConfigObject): string {
  const type = step.optional("type", "string") ?? "a step without a type";
  if (type === "WhitespaceSplit") return "split words";
  const splits = step.optional("split", "boolean") ?? true;
  if (type !== "Metaspace" || !splits || step.optional("replacement", "string") !== mark) {
    return `another ${type}`;
  }
  const scheme =
    step.optional("prepend_scheme", "string") ??
    ((step.optional("add_prefix_space", "boolean") ?? true) ? "always" : "never");
  return scheme === "always"
    ? "marks"
    : scheme === "first"
      ? "first mark"
      : "Metaspace without a mark in front";
}
