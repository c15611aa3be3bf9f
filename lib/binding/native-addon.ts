/**
 * The native surface: everything that the addon exports, and nothing else.
 *
 * Every argument is validated and defaulted in TypeScript before it gets here. Typed arrays are
 * copied on the way in and allocated by V8 on the way out: no memory is shared with the addon, so
 * this works where external array buffers are forbidden (Electron).
 *
 * Native failures are `Error`s with a string `code` from the table in `lib/errors.ts`.
 */

/** A compute device that a loaded ggml backend offers. */
export interface NativeDevice {
  /** Name to ask for it, for example `CPU`, `CUDA0`, `Metal`, `Vulkan0`. */
  readonly name: string;
  readonly description: string;
  readonly kind: "cpu" | "gpu" | "integrated-gpu" | "accelerator";
  /** Bytes. Zero where the backend does not say. */
  readonly memoryTotal: number;
  /** Bytes. Zero where the backend does not say. */
  readonly memoryFree: number;
}

/** One tensor of a GGUF file. */
export interface NativeTensor {
  readonly name: string;
  /** ggml's type name, for example `F32`, `Q8_0`. */
  readonly type: string;
  /** Extents as GGUF orders them: the contiguous dimension first. */
  readonly shape: readonly number[];
  /** Bytes in the file. */
  readonly size: number;
}

/** A metadata value. Arrays of more than 64 elements are given by type and length only. */
export type NativeMetadataValue =
  | string
  | number
  | bigint
  | boolean
  | readonly (string | number | bigint | boolean)[]
  | { readonly arrayOf: string; readonly length: number };

/** What the header of a GGUF file says. No weights are read. */
export interface NativeModelFile {
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  /** The version of the GGUF container. */
  readonly ggufVersion: number;
  readonly metadata: Readonly<Record<string, NativeMetadataValue>>;
  readonly tensors: readonly NativeTensor[];
  /** Why this engine would refuse the file, or null where it would load it. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** What a loaded model is and was trained with (GGUF formats 1 and 2). */
export interface NativeModelInfo {
  /** `general.name`, or the empty string. */
  readonly name: string;
  /**
   * `general.name` of the adapter, or the empty string; null without an adapter. Where it brings heads,
   * `heads`, `labels` and all that belongs to them are the adapter's.
   */
  readonly adapter: string | null;
  /** Entity type of each head; `*` = the instruction decides. */
  readonly heads: readonly string[];
  /** Labels in row order of the head(s), for example `["O", "B", "I"]`. */
  readonly labels: readonly string[];
  readonly tagging: "BIO" | "BIOE";
  /** Instruction template with `{entityType}` and `{dataset}` holes; may be empty. */
  readonly template: string;
  /** Instruction template without a dataset; may be empty. */
  readonly adaptiveTemplate: string;
  /** `dataset:Type` pairs seen in training. */
  readonly trained: readonly string[];
  /** Longest sequence seen in training, in tokens, instruction and BOS included. */
  readonly maxTokens: number;
  /** Id of the segmentation: what gets a tag. `letters-digits-v1` or `tokens-v1`. */
  readonly words: string;
  /** Whether a token sees only what precedes it. */
  readonly causal: boolean;
  /** Token id that starts every sequence, or -1 where none is added. */
  readonly bosToken: number;
  /** Longest sequence that the positions of the model reach, in tokens. */
  readonly contextLength: number;
  readonly embeddingLength: number;
  readonly layerCount: number;
  readonly vocabularySize: number;
  readonly parameterCount: number;
  /** Names of the devices that hold the layers, without repetition. */
  readonly devices: readonly string[];
}

export interface NativeLoadOptions {
  /** An adapter file (native/model/gguf/adapter_format.h), or null. */
  readonly adapter: string | null;
  /** CPU threads, at least 1. Models that are loaded with equal options share an engine and its batches. */
  readonly threads: number;
  /** Device to offload to by name, `auto` (the best GPU, else the CPU) or `cpu`. */
  readonly device: string;
  /** Layers to offload: 0 to keep all on the CPU, -1 for all. Ignored on the CPU. */
  readonly gpuLayers: number;
  /** Memory-map the weights instead of reading them into memory. */
  readonly mmap: boolean;
  /** Multiply with all weights in 8-bit integers, with none, or (null) with those that lose nothing by it. */
  readonly int8: boolean | null;
  /** What shares a scale in integer products; null: what the model asks for. */
  readonly int8Scales: "blocks" | "rows" | null;
  /** Most tokens that are encoded together, at least 1. A longer sequence is a batch of its own. */
  readonly batchTokens: number;
}

/** Work under way on a native thread. */
export interface NativeJob<Result> {
  readonly promise: Promise<Result>;
  /**
   * Stops the work as soon as it can; the promise then rejects with `ERR_VANER_ABORTED`. To be called on
   * the job.
   */
  cancel(): void;
}

export interface NativeTokens {
  /** Token ids of all words, one word after the other. */
  readonly tokens: Int32Array;
  /** [n_words + 1] word w owns tokens[offsets[w] .. offsets[w + 1]); a word may own none. */
  readonly offsets: Uint32Array;
}

export interface NativeTextTokens extends NativeTokens {
  /** [n_tokens] UTF-16 code unit of the text at which the character starts in which a token starts. */
  readonly starts: Uint32Array;
}

export interface NativeModel {
  readonly info: NativeModelInfo;

  /**
   * What {@link tokenize} would give, at once, where all words have come before.
   * @param tokens  gets the tokens of all words
   * @param offsets [n_words + 1] gets what `NativeTokens` says
   * @returns false where that is not so, or the tokens have no room; the arrays are then of no use
   */
  tokenizeKnown(text: string, bounds: Uint32Array, tokens: Int32Array, offsets: Uint32Array): boolean;

  /**
   * Tokenizes every word by itself, with the leading space mark that the reference gives it.
   * @param text   the text that the words are cut from, or the words' concatenation
   * @param bounds [2 * n_words] start and end of each word in UTF-16 code units of `text`
   */
  tokenize(text: string, bounds: Uint32Array): NativeJob<NativeTokens>;

  /**
   * Tokenizes running texts, each as a whole and as it stands. For byte-level BPE vocabularies only.
   * @param text   the texts, with anything between them
   * @param bounds [2 * n_texts] start and end of each text in UTF-16 code units of `text`
   * @param controls whether what spells a control token is that token: only for what the model's
   *   maker or the caller's program wrote, never for a text to be recognized
   * @returns the tokens of the texts as those of words, and where each starts in `text`
   */
  tokenizeText(text: string, bounds: Uint32Array, controls: boolean): NativeJob<NativeTextTokens>;

  /**
   * Encodes sequences and classifies chosen tokens of them. Sequences never see each other.
   * Calls may overlap: the engine works on them in turn.
   * @param tokens  token ids of all sequences, one sequence after the other
   * @param offsets [n_sequences + 1] sequence s owns tokens[offsets[s] .. offsets[s + 1]); none is empty
   * @param instructions [n_sequences] tokens at the beginning of each sequence that are its instruction: computed
   *   once for all sequences where the model's instructions see nothing but themselves. May be empty for none
   * @param rows    indices into `tokens` of the tokens to classify, ascending; not of instructions
   * @returns [n_rows * n_heads * n_labels] label probabilities, heads in the order of `info.heads`
   */
  encode(
    tokens: Int32Array,
    offsets: Uint32Array,
    instructions: Uint32Array,
    rows: Uint32Array,
  ): NativeJob<Float32Array>;

  /** Frees the model once the jobs under way have ended; those that wait are cancelled. Idempotent. */
  dispose(): Promise<void>;
}

/** Element types that `encodeRows` reads. */
export type NativeElementType = "F64" | "F32" | "F16" | "BF16";

export interface NativeQuantizeOptions {
  /** A name of `quantizeTypes()`. */
  readonly type: string;
  readonly threads: number;
  /** An importance matrix in GGUF or llama.cpp's older binary format, or null. */
  readonly importance: string | null;
}

/** How far the weights of a tensor are from those of a reference. */
export interface NativeDifference {
  readonly name: string;
  /** Sum of the squared differences of all elements. */
  readonly squaredError: number;
  /** Sum of the squares of the reference's elements. */
  readonly squaredNorm: number;
}

export type NativeLogLevel = "debug" | "info" | "warn" | "error";

export interface NativeAddon {
  /** Versions of what is inside, for bug reports: llama.cpp's build and ggml's. */
  readonly versions: { readonly llama: string; readonly ggml: string };
  /** Every code that a native failure can have. */
  readonly errorCodes: readonly string[];
  devices(): NativeDevice[];
  inspect(path: string): NativeJob<NativeModelFile>;
  /**
   * Models of one file that are loaded in the same way share its weights, in all threads of the process.
   * @param onProgress called on the JavaScript thread with a share in [0, 1]
   */
  load(
    path: string,
    options: NativeLoadOptions,
    onProgress: ((share: number) => void) | null,
  ): NativeJob<NativeModel>;
  /**
   * Types that `encodeRows` writes and `quantize` makes: names such as `F16`, `Q4_K_M`, as llama.cpp
   * spells them.
   */
  quantizeTypes(): { readonly files: readonly string[]; readonly tensors: readonly string[] };
  /**
   * Converts rows of numbers to a type of tensors: rounds to nearest even for F16 and BF16, quantizes for the others.
   * @param rows    little-endian elements of type `from`, whole rows
   * @param columns elements of a row; a multiple of the target's block size
   */
  encodeRows(rows: Uint8Array, from: NativeElementType, to: string, columns: number): NativeJob<Uint8Array>;
  /**
   * `rows + scale * b a` in F32: a LoRA merged into some rows of a matrix.
   * @param rows [n_rows * columns]
   * @param b    [n_rows * rank]
   * @param a    [rank * columns]
   */
  addLowRank(
    rows: Float32Array,
    b: Float32Array,
    a: Float32Array,
    scale: number,
    columns: number,
  ): NativeJob<Float32Array>;
  /**
   * Writes a quantized copy of a GGUF file of format 1 or 2 to `output`, which must not exist. Heads, norms
   * and biases stay F32.
   * @param onProgress called on the JavaScript thread with a share in [0, 1]
   */
  quantize(
    input: string,
    output: string,
    options: NativeQuantizeOptions,
    onProgress: ((share: number) => void) | null,
  ): NativeJob<void>;
  /**
   * Compares all tensors of two GGUF files by their values, in the order of the reference.
   * @param onProgress called on the JavaScript thread with a share in [0, 1]
   */
  compareWeights(
    reference: string,
    other: string,
    onProgress: ((share: number) => void) | null,
  ): NativeJob<readonly NativeDifference[]>;
  /** Where llama.cpp's log lines go from now on, in this JavaScript environment; null to drop them. */
  setLogger(logger: ((level: NativeLogLevel, message: string) => void) | null): void;
}
