import { describe } from "../../errors.js";
import { bool, type GgufEntry, u32 } from "../../gguf/metadata.js";
import { checkpointError } from "../errors.js";
import {
  isCount,
  isObject,
  type JsonObject,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  ownValue,
  required,
} from "../json.js";
import { type SpecialName, specialNames, specialText } from "./added-tokens.js";
import type { TokenizerFolder } from "./folder.js";
import { steps } from "./tokenizer-json.js";
import type { Vocabulary } from "./vocabulary.js";

/** The keys of llama.cpp, its spelling of "separator" included. */
const keys: Readonly<Record<SpecialName, string>> = {
  bos: "bos_token_id",
  eos: "eos_token_id",
  unk: "unknown_token_id",
  sep: "seperator_token_id",
  pad: "padding_token_id",
  mask: "mask_token_id",
};

/** What is put around a sequence. */
interface Template {
  readonly first: string | undefined;
  readonly last: string | undefined;
}

/**
 * Which tokens are special, and which are put around a sequence.
 * @param tokens all tokens by id
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where the configuration wants a token around sequences that there is not
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
      `${folder.path}: sequences begin with a BOS token, but no file says which one that is. ` +
        'Set "bos_token" in tokenizer_config.json to a token of the vocabulary.',
    );
  }
  if (adds("eos", folder) ?? template?.last !== undefined) {
    throw checkpointError(
      `${folder.path}: the tokenizer puts an EOS token behind every sequence, which vaner-native does not. ` +
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
  const byConfig = config && ownValue(config.content, `${name}_token_id`);
  if (isCount(byConfig) && byConfig < tokens.length) return byConfig;
  const own = name === "bos" || name === "eos" || name === "unk" ? specials[name] : undefined;
  return own !== undefined && own >= 0 && own < tokens.length ? own : undefined;
}

function adds(name: "bos" | "eos", { tokenizerConfig: config }: TokenizerFolder): boolean | undefined {
  return config && optionalBoolean(config.content, `add_${name}_token`, config.path);
}

/** What the post-processor of `tokenizer.json` puts around a sequence, or undefined where it has no say. */
function readTemplate({ tokenizer }: TokenizerFolder): Template | undefined {
  if (!tokenizer) return undefined;
  const { path } = tokenizer;
  let template: Template | undefined;
  for (const step of steps(tokenizer, "post_processor", "processors")) {
    const type = optionalString(step, "type", path);
    if (type === "ByteLevel") continue; // concerns offsets only
    if (type !== "TemplateProcessing" || template) {
      throw checkpointError(
        `${path} puts tokens around sequences by ${describe(type)}, which is not known here.`,
      );
    }
    template = around(required(optionalArray, step, "single", path), path);
  }
  return template;
}

function around(parts: readonly unknown[], path: string): Template {
  const names = parts.map((part) => {
    const special = isObject(part) ? optionalObject(part, "SpecialToken", path) : undefined;
    return special && required(optionalString, special, "id", path);
  });
  const text = parts.findIndex((part) => isObject(part) && sequenceId(part, path) === "A");
  const [before, after] = [names.slice(0, text), names.slice(text + 1)];
  if (text < 0 || before.length > 1 || after.length > 1 || [...before, ...after].includes(undefined)) {
    throw checkpointError(
      `${path} puts more around a sequence than a token on each side, which is not known here.`,
    );
  }
  return { first: before[0], last: after[0] };
}

function sequenceId(part: JsonObject, path: string): string | undefined {
  const sequence = optionalObject(part, "Sequence", path);
  return sequence && optionalString(sequence, "id", path);
}
