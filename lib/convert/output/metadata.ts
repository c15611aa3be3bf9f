import { severalTypes } from "../../decoding/scheme.js";
import { bool, f32, type GgufEntry, type GgufValue, string, strings, u32 } from "../../gguf/metadata.js";
import type { ModernBertShape } from "../checkpoint/modernbert-shape.js";
import { projectsEmbeddings, type Shape } from "../checkpoint/shape.js";
import type { Task } from "../heads/task.js";
import { unicodeFormKey } from "../tokenizer/byte-level.js";

/** `general.file_type`: the type of most weights. Source: `llama_ftype` in llama.cpp's `include/llama.h`. */
const fileTypes: ReadonlyMap<string, number> = new Map([
  ["F32", 0],
  ["F16", 1],
  ["Q4_0", 2],
  ["Q4_1", 3],
  ["Q8_0", 7],
  ["Q5_0", 8],
  ["Q5_1", 9],
  ["Q2_K", 10],
  ["Q3_K", 12],
  ["Q4_K", 15],
  ["Q5_K", 17],
  ["Q6_K", 18],
  ["BF16", 32],
]);

/** llama.cpp's version of its quantized blocks. */
const quantizationVersion = 2;

/**
 * The format of a converted checkpoint: text in a form of Unicode, unigram vocabularies and projected embeddings need
 * format 5, heads over several types need format 4, a base and all others format 1.
 * @param tokenizer metadata of its tokenizer
 * @param projected whether its embeddings are projected
 */
export function formatOf(
  task: Task | undefined,
  tokenizer: readonly GgufEntry[] = [],
  projected = false,
): number {
  const isNew = ([key, { value }]: GgufEntry) =>
    key === unicodeFormKey || (key === "tokenizer.ggml.model" && value === "t5");
  if (projected || tokenizer.some(isNew)) return 5;
  return task?.heads.includes(severalTypes) ? 4 : 1;
}

/** llama.cpp's `LLAMA_POOLING_TYPE_NONE`. */
const noPooling = 0;

/**
 * The metadata of a model.
 * @param task undefined for a base without heads: its adapters say what it does
 * @param tokenizer metadata of its tokenizer
 */
export function modelEntries(
  name: string,
  type: string,
  shape: Shape,
  task: Task | undefined,
  tokenizer: readonly GgufEntry[],
): GgufEntry[] {
  const fileType = fileTypes.get(type);
  return [
    ["general.architecture", string(architectureOf(shape))],
    ["general.type", string("model")],
    ["general.name", string(name)],
    ...(fileType === undefined ? [] : [["general.file_type", u32(fileType)] as const]),
    ["general.quantization_version", u32(quantizationVersion)],
    ...shapeEntries(shape),
    [`${architectureOf(shape)}.pooling_type`, u32(noPooling)],
    ["vaner.format", u32(formatOf(task, tokenizer, projectsEmbeddings(shape)))],
    ...(task ? taskEntries(task, architectureOf(shape)) : [["vaner.heads", strings([])] as const]),
    ...tokenizer,
  ];
}

/** llama.cpp's name of the graph. */
function architectureOf({ bert, modernBert }: Shape): string {
  if (modernBert) return "modern-bert";
  return bert ? "bert" : "llama-embed";
}

function bertEntries(shape: Shape): GgufEntry[] {
  return [
    ["bert.block_count", u32(shape.layers)],
    ["bert.context_length", u32(shape.context)],
    ["bert.embedding_length", u32(shape.embedding)],
    ["bert.feed_forward_length", u32(shape.feedForward)],
    ["bert.attention.head_count", u32(shape.heads)],
    ["bert.attention.layer_norm_epsilon", f32(shape.epsilon)],
  ];
}

function modernBertEntries(shape: Shape, { local, window, localRopeBase }: ModernBertShape): GgufEntry[] {
  const entries: GgufEntry[] = [
    ["modern-bert.block_count", u32(shape.layers)],
    ["modern-bert.context_length", u32(shape.context)],
    ["modern-bert.embedding_length", u32(shape.embedding)],
    ["modern-bert.feed_forward_length", u32(shape.feedForward)],
    ["modern-bert.attention.head_count", u32(shape.heads)],
    ["modern-bert.attention.layer_norm_epsilon", f32(shape.epsilon)],
    ["modern-bert.hidden_activation", string("gelu")],
    ["modern-bert.rope.freq_base", f32(shape.ropeBase)],
    ["modern-bert.rope.scaling.type", string("none")],
    ["modern-bert.vocab_size", u32(shape.vocabulary)],
  ];
  if (local.includes(true)) {
    entries.push(
      ["modern-bert.rope.freq_base_swa", f32(localRopeBase)],
      ["modern-bert.attention.sliding_window", u32(window)],
      ["modern-bert.attention.sliding_window_pattern", patternOf(local)],
    );
  }
  return entries;
}

/** The distance between layers with full attention, or else the kind of each layer. */
function patternOf(local: readonly boolean[]): GgufValue {
  const second = local.indexOf(false, 1);
  const distance = second < 0 ? local.length : second;
  const regular = local.every((isLocal, layer) => isLocal === (layer % distance !== 0));
  return regular ? u32(distance) : { type: "i32s", value: Int32Array.from(local, Number) };
}

function shapeEntries(shape: Shape): GgufEntry[] {
  if (shape.bert) return bertEntries(shape);
  if (shape.modernBert) return modernBertEntries(shape, shape.modernBert);
  const { ropeScaling } = shape;
  const entries: GgufEntry[] = [
    ["llama-embed.block_count", u32(shape.layers)],
    ["llama-embed.context_length", u32(shape.context)],
    ["llama-embed.embedding_length", u32(shape.embedding)],
    ["llama-embed.feed_forward_length", u32(shape.feedForward)],
    ["llama-embed.attention.head_count", u32(shape.heads)],
    ["llama-embed.attention.head_count_kv", u32(shape.keyValueHeads)],
    ["llama-embed.attention.layer_norm_rms_epsilon", f32(shape.epsilon)],
    ["llama-embed.rope.dimension_count", u32(shape.headSize)],
    ...headSizeEntries(shape),
    ["llama-embed.rope.freq_base", f32(shape.ropeBase)],
    ["llama-embed.vocab_size", u32(shape.vocabulary)],
  ];
  if (ropeScaling.kind === "linear") {
    entries.push(
      ["llama-embed.rope.scaling.type", string("linear")],
      ["llama-embed.rope.scaling.factor", f32(ropeScaling.factor)],
    );
  }
  return entries;
}

/** Only where heads do not share the embedding: older versions refuse the keys as well as such a shape. */
function headSizeEntries({ headSize, heads, embedding }: Shape): GgufEntry[] {
  if (headSize * heads === embedding) return [];
  return [
    ["llama-embed.attention.key_length", u32(headSize)],
    ["llama-embed.attention.value_length", u32(headSize)],
  ];
}

/** The hint how many values may share a scale in 8-bit products. */
export function scalesEntries(int8Scales: "blocks" | "rows" | undefined): GgufEntry[] {
  return int8Scales === undefined ? [] : [["vaner.int8_scales", string(int8Scales)]];
}

/** The metadata that say what the heads are, and how to ask them. */
export function taskEntries(task: Task, architecture = "llama-embed"): GgufEntry[] {
  return [
    [`${architecture}.attention.causal`, bool(task.causal)],
    [`${architecture}.classifier.output_labels`, strings(task.labels)],
    ["vaner.heads", strings(task.heads)],
    ["vaner.tagging", string(task.tagging)],
    ["vaner.instruction.template", string(task.template)],
    ["vaner.instruction.adaptive_template", string(task.adaptiveTemplate)],
    ["vaner.instruction.trained", strings(task.trained)],
    ["vaner.max_tokens", u32(task.maxTokens)],
    ["vaner.words", string(task.words)],
  ];
}
