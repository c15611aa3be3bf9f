import { describe } from "../../errors.js";
import { bool, type GgufEntry, u32 } from "../../gguf/metadata.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { specialText } from "./added-tokens.js";
import type { TokenizerFolder } from "./folder.js";
import { steps } from "./tokenizer-json.js";

/** Texts of the special tokens of an encoder where its configuration does not name them. */
export interface UsualSpecials {
  readonly cls: string;
  readonly sep: string;
  readonly unk: string;
  readonly pad: string;
  readonly mask: string;
}

/** A special token of an encoder. */
interface Special {
  /** Its key in GGUF, behind `tokenizer.ggml.`. */
  readonly key: string;
  readonly text: string;
  readonly id: number;
}

const keys = [
  ["bos_token_id", "cls"],
  ["seperator_token_id", "sep"], // llama.cpp's spelling
  ["unknown_token_id", "unk"],
  ["padding_token_id", "pad"],
  ["mask_token_id", "mask"],
] as const;

/**
 * Finds the special tokens of an encoder, and checks that every sequence stands between the first two.
 * @param ids    the tokens by text
 * @param needed tokens that must be there
 * @param source file of the tokens, for messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if a token is missing, or sequences are put together in another way
 */
export function readEncoderSpecials(
  { tokenizer, tokenizerConfig }: TokenizerFolder,
  ids: ReadonlyMap<string, number>,
  usual: UsualSpecials,
  needed: readonly (keyof UsualSpecials)[],
  source: string,
): Special[] {
  const found = keys.flatMap(([key, name]) => {
    const text = specialText(tokenizerConfig, name) ?? usual[name];
    const id = ids.get(text);
    if (id !== undefined) return [{ key, text, id }];
    if (!needed.includes(name)) return [];
    throw checkpointError(`${source} has no token ${describe(text)}, which every sequence needs.`);
  });
  if (tokenizer) checkTemplate(tokenizer, found[0]?.text ?? "", found[1]?.text ?? "");
  return found;
}

/** Their metadata in GGUF. */
export function specialEntries(specials: readonly Special[]): GgufEntry[] {
  return [
    ...specials.map(({ key, id }): GgufEntry => [`tokenizer.ggml.${key}`, u32(id)]),
    ["tokenizer.ggml.add_bos_token", bool(true)],
    ["tokenizer.ggml.add_sep_token", bool(true)],
  ];
}

/** Every sequence must stand between the two tokens. */
function checkTemplate(file: ConfigObject, first: string, last: string): void {
  const own = steps(file, "post_processor", "processors").filter(
    (each) => each.optional("type", "string") !== "ByteLevel", // concerns offsets only
  );
  const [step, ...others] = own;
  const type = step?.optional("type", "string");
  const around =
    type === "TemplateProcessing"
      ? templateOf(step)
      : type === "BertProcessing" || type === "RobertaProcessing"
        ? pairOf(step)
        : [];
  if (others.length === 0 && around[0] === first && around[1] === last && around.length === 2) return;
  throw checkpointError(
    `${file.path} does not put ${describe(first)} and ${describe(last)} around sequences, as BERT's tokenizer does.`,
  );
}

function templateOf(step: ConfigObject | undefined): string[] {
  const parts = step?.requiredObjects("single") ?? [];
  const names = parts.map((part) => part.optionalObject("SpecialToken")?.required("id", "string") ?? "");
  return names.length === 3 && names[1] === "" ? [names[0] ?? "", names[2] ?? ""] : [];
}

function pairOf(step: ConfigObject | undefined): string[] {
  return ["cls", "sep"].map((key) => String(step?.required(key, "array")[0]));
}
