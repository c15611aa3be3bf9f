import { describe } from "../../errors.js";
import type { ConfigObject } from "./config-object.js";

/** What BERT's family has beside what all encoders have. */
export interface BertShape {
  /** Rows of the embedding of token types; 0 = none. */
  readonly tokenTypes: number;
  /** Names of the checkpoint's modules. */
  readonly names: BertNames;
  /** Of words, or of running text: byte-level BPE or unigram, as the tokenizer's files say. */
  readonly vocabulary: "wordpiece" | "running-text";
  /** Rows in front of the first position in the embedding of positions, which no token has. */
  readonly unusedPositions: number;
  /** Values of an embedding. A matrix projects it where the layers have another number, as in ELECTRA-small. */
  readonly embeddingWidth: number;
}

/** How a class names its tensors, behind the encoder's prefix. */
export interface BertNames {
  readonly layer: (index: number) => string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly up: string;
  readonly down: string;
  readonly outputNorm: string;
}

/** Keys of a configuration. */
interface BertKeys {
  readonly layers: string;
  readonly embedding: string;
  readonly feedForward: string;
  readonly heads: string;
  readonly activation: string;
}

const bertNames: BertNames = {
  layer: (index) => `encoder.layer.${index}`,
  query: "attention.self.query",
  key: "attention.self.key",
  value: "attention.self.value",
  attentionOutput: "attention.output.dense",
  attentionNorm: "attention.output.LayerNorm",
  up: "intermediate.dense",
  down: "output.dense",
  outputNorm: "output.LayerNorm",
};

const distilBertNames: BertNames = {
  layer: (index) => `transformer.layer.${index}`,
  query: "attention.q_lin",
  key: "attention.k_lin",
  value: "attention.v_lin",
  attentionOutput: "attention.out_lin",
  attentionNorm: "sa_layer_norm",
  up: "ffn.lin1",
  down: "ffn.lin2",
  outputNorm: "output_layer_norm",
};

const bertKeys: BertKeys = {
  layers: "num_hidden_layers",
  embedding: "hidden_size",
  feedForward: "intermediate_size",
  heads: "num_attention_heads",
  activation: "hidden_act",
};

const distilBertKeys: BertKeys = {
  layers: "n_layers",
  embedding: "dim",
  feedForward: "hidden_dim",
  heads: "n_heads",
  activation: "activation",
};

interface Family {
  readonly keys: BertKeys;
  readonly names: BertNames;
  readonly vocabulary: BertShape["vocabulary"];
  /** Whether embeddings may have another width than the layers. */
  readonly projects?: boolean;
}

const bert: Family = { keys: bertKeys, names: bertNames, vocabulary: "wordpiece" };

const roberta: Family = { ...bert, vocabulary: "running-text" };

/** Types of models with BERT's graph. */
const families: ReadonlyMap<string, Family> = new Map([
  ["bert", bert],
  ["electra", { ...bert, projects: true }],
  ["distilbert", { ...bert, keys: distilBertKeys, names: distilBertNames }],
  ["roberta", roberta],
  ["xlm-roberta", roberta],
  ["camembert", roberta],
]);

export const bertModels: readonly string[] = [...families.keys()];

/** DistilBERT's configuration does not say it. */
const distilBertEpsilon = 1e-12;

/** Of a configuration that does not say it, in transformers. */
const electraEmbeddingWidth = 128;

/**
 * Reads what an encoder of BERT's family has.
 * @param extent reads the number under a key, or gives the fallback
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a feature that the encoder lacks, by name
 */
export function readBertShape(
  config: ConfigObject,
  model: string,
  extent: (key: string, fallback?: number) => number,
) {
  const family = families.get(model) ?? bert;
  const { keys, names, vocabulary, projects } = family;
  const activation = config.optional(keys.activation, "string") ?? "gelu";
  if (activation !== "gelu") {
    throw config.error(`the activation ${describe(activation)} is not supported, only "gelu".`);
  }
  const positions = config.optional("position_embedding_type", "string") ?? "absolute";
  if (positions !== "absolute") {
    throw config.error(`positions of type ${describe(positions)} are not supported, only "absolute".`);
  }
  if (config.optional("is_decoder", "boolean")) {
    throw config.error(
      "a decoder (is_decoder) is not supported: its tokens do not see the tokens behind them.",
    );
  }
  const distilled = names === distilBertNames;
  const tokenTypes = distilled ? 0 : (config.optional("type_vocab_size", "count") ?? 2);
  const unusedPositions = family === roberta ? (config.optional("pad_token_id", "count") ?? 1) + 1 : 0;
  const embeddingWidth = projects ? extent("embedding_size", electraEmbeddingWidth) : extent(keys.embedding);
  const shape: BertShape = { names, tokenTypes, vocabulary, unusedPositions, embeddingWidth };
  return { keys, shape, epsilonFallback: distilled ? distilBertEpsilon : undefined };
}
