import { describe } from "../../errors.js";
import { bool, type GgufEntry, u32 } from "../../gguf/metadata.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { isCount } from "../checkpoint/json.js";
import { type SpecialName, specialNames, specialText } from "./added-tokens.js";
import type { TokenizerFolder } from "./folder.js";
import { steps } from "./tokenizer-json.js";
import type { Vocabulary } from "./vocabulary.js";

/** llama.cpp's keys, with its spelling of "separator". */
const keys: Readonly<Record<SpecialName, string>> = {
  bos: "bos_token_id",
  eos: "eos_token_id",
  unk: "unknown_token_id",
  sep: "seperator_token_id",
  pad: "padding_token_id",
  mask: "mask_token_id",
};

/** Tokens around a sequence. */
interface Template {
  readonly first: string | undefined;
  readonly last: string | undefined;
}

/**
 * Reads which tokens are special, and which stand around a sequence.
 * @param tokens all tokens by id
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if sequences need a token that is missing, or an EOS token
 */
export function readSpecialTokens(
  folder: TokenizerFolder,
  vocabulary: Vocabulary,
  tokens: readonly string[],
): GgufEntry[] {
  const template = readTemplate(folder);
  const ids = new Map<SpecialName, number>();
  for (const name of specialNames) {
    const id = specialId(name, folder, vocabulary, tokens, template);
    if (id !== undefined) ids.set(name, id);
  }
  const addBos =
    adds("bos", folder) ?? (template ? template.first !== undefined : vocabulary.model === "llama");
  if (addBos && !ids.has("bos")) {
    throw checkpointError(
      `${folder.path}: sequences begin with a BOS token, but no file says which token that is. ` +
        'Set "bos_token" in tokenizer_config.json to a token of the vocabulary.',
    );
  }
  if (adds("eos", folder) ?? template?.last !== undefined) {
    throw checkpointError(
      `${folder.path}: the tokenizer appends an EOS token to every sequence, but vaner-native does not. ` +
        'If the model was trained without one, set "add_eos_token" to false in tokenizer_config.json.',
    );
  }
  return [
    ...[...ids].map(([name, id]): GgufEntry => [`tokenizer.ggml.${keys[name]}`, u32(id)]),
    ["tokenizer.ggml.add_bos_token", bool(addBos)],
    ["tokenizer.ggml.add_eos_token", bool(false)],
  ];
}

function specialId(
  name: SpecialName,
  { tokenizerConfig, config }: TokenizerFolder,
  { specials }: Vocabulary,
  tokens: readonly string[],
  template: Template | undefined,
): number | undefined {
  const inTemplate = name === "bos" ? template?.first : name === "eos" ? template?.last : undefined;
  const text = specialText(tokenizerConfig, name) ?? inTemplate;
  if (inTemplate !== undefined && text !== inTemplate) {
    throw checkpointError(
      `The tokenizer puts ${describe(inTemplate)} around sequences, but tokenizer_config.json calls the ` +
        `${name.toUpperCase()} token ${describe(text)}. Make both say what the model was trained with.`,
    );
  }
  const spelled = text === undefined ? -1 : tokens.indexOf(text);
  if (spelled >= 0) return spelled;
  const byConfig = config?.value(`${name}_token_id`);
  if (isCount(byConfig) && byConfig < tokens.length) return byConfig;
  const own = name === "bos" || name === "eos" || name === "unk" ? specials[name] : undefined;
  return own !== undefined && own >= 0 && own < tokens.length ? own : undefined;
}

function adds(name: "bos" | "eos", { tokenizerConfig }: TokenizerFolder): boolean | undefined {
  return tokenizerConfig?.optional(`add_${name}_token`, "boolean");
}

/** What the post-processor of `tokenizer.json` puts around a sequence, or undefined if it does not say. */
function readTemplate({ tokenizer }: TokenizerFolder): Template | undefined {
  if (!tokenizer) return undefined;
  let template: Template | undefined;
  for (const step of steps(tokenizer, "post_processor", "processors")) {
    const type = step.optional("type", "string");
    if (type === "ByteLevel") continue; // concerns offsets only
    if (type !== "TemplateProcessing" || template) {
      throw checkpointError(
        `${step.path} puts tokens around sequences by ${describe(type)}, which is not known here.`,
      );
    }
    template = around(step);
  }
  return template;
}

function around(step: ConfigObject): Template {
  const parts = step.requiredObjects("single");
  const names = parts.map((part) => part.optionalObject("SpecialToken")?.required("id", "string"));
  const text = parts.findIndex((part) => part.optionalObject("Sequence")?.optional("id", "string") === "A");
  const [before, after] = [names.slice(0, text), names.slice(text + 1)];
  if (text < 0 || before.length > 1 || after.length > 1 || [...before, ...after].includes(undefined)) {
    throw checkpointError(
      `${step.path} puts more around a sequence than one token on each side, which is not known here.`,
    );
  }
  return { first: before[0], last: after[0] };
}
