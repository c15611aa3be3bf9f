import { checkNames } from "../arguments.js";
import { checkSignal } from "../async/signals.js";
import { fromNative } from "../binding/errors.js";
import { runJob } from "../binding/jobs.js";
import { loadAddon } from "../binding/loader.js";
import type {
  NativeMetadataValue as MetadataValue,
  NativeTensor as ModelTensor,
  NativeModelFile,
} from "../binding/native-model-file.js";
import { anyType, severalTypes, typesOfLabels } from "../decoding/scheme.js";
import { describe, invalidArgument, type VanerErrorCode } from "../errors.js";
import { type ModelPath, resolveModelPath } from "../model-path.js";
import { type TensorVerification, verifyTensors } from "./tensor-hashes.js";

/** How many tensors of one type a file has. */
export interface TensorTypeCount {
  /** ggml's type name, for example `F32`, `Q8_0`. */
  readonly type: string;
  readonly tensors: number;
  readonly parameters: number;
  /** Bytes in the file. */
  readonly bytes: number;
}

/** The LoRA of an adapter, from its header. */
export interface AdapterFacts {
  /** `adapter.type`; `lora` for the type that this version reads. */
  readonly type: string | null;
  /** The scale of a pair is alpha / rank, or 1 if alpha is 0 or null. */
  readonly alpha: number | null;
  /** Ranks that occur, ascending. */
  readonly ranks: readonly number[];
  /** Number of the model's matrices that it changes. */
  readonly matrices: number;
}

/** The header of a GGUF file. What the file does not say is null or empty. */
export interface ModelFile {
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  /** The version of the GGUF container. */
  readonly ggufVersion: number;
  /** `general.architecture`; `llama-embed` for VANER models. */
  readonly architecture: string | null;
  readonly name: string | null;
  readonly license: string | null;
  /** Facts about the LoRA if the file is an adapter; null for a model. */
  readonly adapter: AdapterFacts | null;
  /** `vaner.format`: 1 to 5 for the formats that this version reads. */
  readonly format: number | null;
  /** Entity type of each head; `*` = the instruction decides; `+` = the labels name the types. */
  readonly heads: readonly string[];
  /** Labels in row order of the head(s), with types for the head `+`. */
  readonly labels: readonly string[];
  /** Entity types that the heads or labels name, without repetition. */
  readonly types: readonly string[];
  /** `BIO`, `BIOE`, `BIOES` or `IO`. */
  readonly tagging: string | null;
  readonly template: string | null;
  readonly adaptiveTemplate: string | null;
  /** If false, the instruction attends only to itself and is computed once for all texts. Format 2. */
  readonly instructionAttendsInput: boolean | null;
  /** How many values may share a scale in 8-bit products: `blocks` or `rows`. Null means blocks. */
  readonly int8Scales: string | null;
  /** `dataset:Type` pairs seen in training. */
  readonly trained: readonly string[];
  /** Longest sequence of the training, in tokens, instruction and start token included. */
  readonly maxTokens: number | null;
  /** Most tokens of consecutive sentences that are read together. Null: each sentence is read by itself. */
  readonly passageTokens: number | null;
  /** Id of the segmentation, which says what gets a label. */
  readonly words: string | null;
  /** Whether a token sees only the tokens before it. */
  readonly causal: boolean | null;
  readonly parameterCount: number;
  /** By type of tensor, the largest part of the file first. */
  readonly quantization: readonly TensorTypeCount[];
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly ModelTensor[];
  /**
   * Why `Recognizer.load` would refuse the file, or null if it would load it. Whether an adapter fits a model shows
   * only at loading.
   */
  readonly problem: { readonly code: VanerErrorCode; readonly message: string } | null;
  /** Whether the tensors are as they were at export; null unless {@link InspectOptions.verify} asks for it. */
  readonly verification: TensorVerification | null;
}

/** Options of {@link inspectModel}. */
export interface InspectOptions {
  /** Whether to read all weights and compare them with the hashes that the file stores. Default: false. */
  readonly verify?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the header of a GGUF file, and no weights unless they are to be verified. Also describes well-formed files that
 * are not VANER models, with their `problem`.
 * @throws {VanerError} `ERR_VANER_MODEL_NOT_FOUND`, `ERR_VANER_MODEL_NOT_GGUF`, `ERR_VANER_MODEL_CORRUPT`,
 *   `ERR_VANER_NATIVE_LOAD`, `ERR_VANER_INVALID_ARGUMENT`
 */
export async function inspectModel(model: ModelPath, options: InspectOptions = {}): Promise<ModelFile> {
  checkNames<InspectOptions>("inspectModel", options, { verify: true, signal: true });
  const { verify = false, signal } = options;
  if (typeof verify !== "boolean") {
    throw invalidArgument(`\`verify\` must be true or false, not ${describe(verify)}.`);
  }
  checkSignal(signal);
  const path = resolveModelPath(model);
  const file = await runJob(() => loadAddon().inspect(path), signal);
  return describeFile(file, verify ? await verifyTensors(path, file.tensors, signal) : null);
}

function describeFile(file: NativeModelFile, verification: TensorVerification | null): ModelFile {
  const { path, size, ggufVersion, metadata, tensors, problem } = file;
  const own = text(metadata["general.architecture"]);
  return {
    path,
    size,
    ggufVersion,
    architecture: text(metadata["general.architecture"]),
    name: text(metadata["general.name"]),
    license: text(metadata["general.license"]),
    adapter: metadata["general.type"] === "adapter" ? describeAdapter(file) : null,
    format: number(metadata["vaner.format"]),
    heads: texts(metadata["vaner.heads"]),
    labels: texts(metadata[`${own}.classifier.output_labels`]),
    types: typesOf(texts(metadata["vaner.heads"]), texts(metadata[`${own}.classifier.output_labels`])),
    tagging: text(metadata["vaner.tagging"]),
    template: text(metadata["vaner.instruction.template"]),
    adaptiveTemplate: text(metadata["vaner.instruction.adaptive_template"]),
    instructionAttendsInput: boolean(metadata["vaner.instruction.attends_input"]),
    trained: texts(metadata["vaner.instruction.trained"]),
    int8Scales: text(metadata["vaner.int8_scales"]),
    maxTokens: number(metadata["vaner.max_tokens"]),
    passageTokens: number(metadata["vaner.passage.max_tokens"]),
    words: text(metadata["vaner.words"]),
    causal: boolean(metadata[`${own}.attention.causal`]),
    parameterCount: tensors.reduce((sum, tensor) => sum + elements(tensor), 0),
    quantization: countTypes(tensors),
    metadata,
    tensors,
    problem: problem && describeProblem(problem),
    verification,
  };
}

function typesOf(heads: readonly string[], labels: readonly string[]): string[] {
  return heads.includes(severalTypes) ? typesOfLabels(labels) : heads.filter((head) => head !== anyType);
}

function describeProblem(problem: NonNullable<NativeModelFile["problem"]>): ModelFile["problem"] {
  const { code, message } = fromNative(problem);
  return { code, message };
}

function describeAdapter({ metadata, tensors }: NativeModelFile): AdapterFacts {
  const halves = tensors.filter(({ name }) => name.endsWith(".lora_a"));
  const ranks = new Set(halves.map(({ shape }) => shape[1] ?? 1));
  return {
    type: text(metadata["adapter.type"]),
    alpha: number(metadata["adapter.lora.alpha"]),
    ranks: [...ranks].sort((a, b) => a - b),
    matrices: halves.length,
  };
}

function countTypes(tensors: readonly ModelTensor[]): TensorTypeCount[] {
  const counts = new Map<string, TensorTypeCount>();
  for (const tensor of tensors) {
    const { type } = tensor;
    const before = counts.get(type) ?? { type, tensors: 0, parameters: 0, bytes: 0 };
    counts.set(type, {
      type,
      tensors: before.tensors + 1,
      parameters: before.parameters + elements(tensor),
      bytes: before.bytes + tensor.size,
    });
  }
  return [...counts.values()].sort((a, b) => b.bytes - a.bytes);
}

function elements({ shape }: ModelTensor): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function text(value: MetadataValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function number(value: MetadataValue | undefined): number | null {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : null;
}

function boolean(value: MetadataValue | undefined): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function texts(value: MetadataValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
