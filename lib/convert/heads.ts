import { listed } from "../errors.js";
import { checkpointError } from "./errors.js";

/** A tensor of a head, as numbers. */
export interface FloatTensor {
  /** Extents as PyTorch orders them: rows first. */
  readonly shape: readonly number[];
  /** Elements of `count` rows from `first` on. */
  readFloats(first: number, count: number): Promise<Float32Array>;
}

/** y = W x + b */
export interface Linear {
  /** [outputs, inputs] */
  readonly weight: FloatTensor;
  /** [outputs] */
  readonly bias: FloatTensor | undefined;
}

/** A classifier on the final hidden states. */
export interface Head {
  /** Each followed by an exact GELU. */
  readonly dense: readonly Linear[];
  /** A row for each label. */
  readonly output: Linear;
}

/** The heads of a checkpoint and what their rows mean. */
export interface Classifier {
  /** `type`: the entity type that the labels name, or undefined where they name none. */
  readonly heads: readonly { readonly type: string | undefined; readonly head: Head }[];
  readonly labels: readonly string[];
  readonly tagging: "BIO" | "BIOE";
  /** Whether the class that it was trained as masks what follows a token. */
  readonly causal: boolean;
  /** Plain name of the head's module among the checkpoint's weights, if it lies there. */
  readonly module: string | undefined;
  /** What the checkpoint itself says of its instruction, sequences and words. */
  readonly template?: string;
  readonly maxTokens?: number;
  readonly words?: string;
  close(): Promise<void>;
}

/** Tensors by plain name. */
export interface FloatWeights {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  readonly unreadable: ReadonlyMap<string, string>;
  readFloats(name: string, first: number, count: number): Promise<Float32Array>;
}

/** What linear heads are called: `classifier` by VANER and LS-LLaMA, `score` by transformers. */
const headNames = ["classifier", "score"] as const;

/** The linear head of a checkpoint with the name it goes by. */
export interface NamedHead {
  readonly name: (typeof headNames)[number];
  readonly head: Head;
}

/**
 * Finds the linear head of a checkpoint.
 * @param folder what messages name
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where there is none, or more than one
 */
export function findLinearHead(weights: FloatWeights, folder: string): NamedHead {
  const found = headNames.filter((name) => weights.tensors.has(`${name}.weight`));
  const [name] = found;
  if (name === undefined) {
    const reasons = headNames.flatMap((head) => weights.unreadable.get(`${head}.weight`) ?? []);
    throw checkpointError(
      `${folder} has no classifier head${reasons.length > 0 ? ` that can be read (${reasons.join("; ")})` : ` (${listed(headNames.map((head) => `${head}.weight`))})`}. Pass the adapter that brings one (--adapter), VANER2's saved.pt (--heads), or convert it as a base for adapters (--no-head).`,
    );
  }
  if (found.length > 1) {
    throw checkpointError(`${folder} has several classifier heads: ${listed(found)}. Remove all but one.`);
  }
  const bias = `${name}.bias`;
  return {
    name,
    head: {
      dense: [],
      output: {
        weight: tensorOf(weights, `${name}.weight`),
        bias: weights.tensors.has(bias) ? tensorOf(weights, bias) : undefined,
      },
    },
  };
}

/** A tensor of `weights`, which must have it. */
export function tensorOf(weights: FloatWeights, name: string): FloatTensor {
  const { shape } = weights.tensors.get(name) as { shape: readonly number[] };
  return { shape, readFloats: (first, count) => weights.readFloats(name, first, count) };
}

/**
 * Checks that the layers of a head follow on each other and on the encoder's hidden states.
 * @param what how messages name the head
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export function checkHead(head: Head, embedding: number, what: string): void {
  let inputs = embedding;
  for (const { weight, bias } of [...head.dense, head.output]) {
    const [outputs] = weight.shape;
    const fits =
      weight.shape.length === 2 && weight.shape[1] === inputs && outputs !== undefined && outputs > 0;
    if (!fits) {
      throw checkpointError(
        `${what}: a layer of the head has the shape [${weight.shape.join(", ")}], but its input has ${inputs} values.`,
      );
    }
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
      throw checkpointError(
        `${what}: a bias of the head has the shape [${bias.shape.join(", ")}] beside ${outputs} rows of weights.`,
      );
    }
    inputs = outputs;
  }
}
