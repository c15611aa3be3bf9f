import type { NativeBackend } from "./backends.js";
import type { NativeModelFile } from "./native-model-file.js";

/**
 * Everything that the native addon exports.
 *
 * TypeScript validates and defaults every argument before it gets here. Typed arrays are copied on the way in and
 * allocated by V8 on the way out: no memory is shared, so this works where external array buffers are forbidden
 * (Electron).
 *
 * Native failures are `Error`s with a string `code` from the table in `lib/errors.ts`.
 */

/** A compute device with a backend. */
export interface NativeDevice {
  /** Its name for `Recognizer.load`, for example `CPU`, `CUDA0`, `Vulkan0`, `MTL0` (Metal). */
  readonly name: string;
  readonly description: string;
  readonly kind: "cpu" | "gpu" | "integrated-gpu" | "accelerator";
  /** Bytes. 0 if the backend does not say. */
  readonly memoryTotal: number;
  /** Bytes. 0 if the backend does not say. */
  readonly memoryFree: number;
}

/** What the CPU has, and the kernels that were chosen for it (docs/kernels.md). For bug reports. */
export interface NativeCpu {
  /** Instruction sets that our kernels may use, after `VANER_CPU`. */
  readonly features: readonly string[];
  /** What ggml's CPU backend uses. */
  readonly ggmlFeatures: readonly string[];
  /** Kernels of 8-bit products with block scales; null: ggml multiplies. */
  readonly blockProducts: string | null;
  /** Kernels of 8-bit products with row scales; null: ggml multiplies. */
  readonly rowProducts: string | null;
  /** Kernel of attention, for heads of 64 components. */
  readonly attention: string;
}

/** What a loaded model is, and what it was trained with (GGUF formats 1 to 5). */
export interface NativeModelInfo {
  /** `general.name`, or the empty string. */
  readonly name: string;
  /**
   * `general.name` of the adapter, or the empty string; null without an adapter. If the adapter brings heads,
   * `heads`, `labels` and all properties that belong to them are the adapter's.
   */
  readonly adapter: string | null;
  /** Entity type of each head; `*` = the instruction decides; `+` = the labels name the types. */
  readonly heads: readonly string[];
  /** Labels in row order of the head(s), for example `["O", "B", "I"]`, or `["O", "B-Disease", "I-Disease"]`. */
  readonly labels: readonly string[];
  readonly tagging: "BIO" | "BIOE" | "BIOES" | "IO";
  /**
   * By head, how the log odds of a mention's mean probability become those of its score: `slope * log odds + offset`.
   * Empty: they are.
   */
  readonly scoreSlopes: Float32Array;
  readonly scoreOffsets: Float32Array;
  /** Instruction template with `{entityType}` and `{dataset}` placeholders; may be empty. */
  readonly template: string;
  /** Instruction template without a dataset; may be empty. */
  readonly adaptiveTemplate: string;
  /** `dataset:Type` pairs seen in training. */
  readonly trained: readonly string[];
  /** Longest sequence of the training, in tokens, instruction and BOS included. */
  readonly maxTokens: number;
  /**
   * Most tokens of a passage: consecutive sentences of a text that are read together, without the instruction. 0: each
   * sentence is read by itself.
   */
  readonly passageTokens: number;
  /** Id of the segmentation, which says what gets a label, for example `letters-digits-v1`. */
  readonly words: string;
  /** Whether a token sees only the tokens before it. */
  readonly causal: boolean;
  /** Token id that starts every sequence, or -1 for none. */
  readonly bosToken: number;
  /** Token id that ends every sequence, or -1 for none. */
  readonly lastToken: number;
  /** Whether the first word of a text gets a space in front, if the vocabulary is an encoder's byte-level one. */
  readonly spacePrefix: boolean;
  /** How text is normalized before it is split into tokens, if the vocabulary is WordPiece. */
  readonly normalizer: {
    readonly lowercase: boolean;
    readonly stripAccents: boolean;
    /** Whether each ideograph is a word. */
    readonly splitCjk: boolean;
    /** The form of Unicode in which text is tokenized, if the vocabulary is byte-level or unigram; empty: as it is. */
    readonly unicode: "" | "NFC" | "NFKC";
    /** How spaces are read, if the vocabulary is unigram; else empty. */
    readonly spaces: readonly string[];
    /** Sentencepiece's map of characters, if the vocabulary is unigram; may be empty. */
    readonly charsmap: Uint8Array;
  };
  /** Tokens that are matched in text before all others, if text is tokenized in a form of Unicode; else empty. */
  readonly addedTokens: readonly string[];
  /** Most positions of the model, in tokens. */
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
  /** CPU threads, at least 1. Models loaded with equal options share an engine and its batches. */
  readonly threads: number;
  /** Name of a device or backend, `auto` (the best GPU, else the CPU; the log says why) or `cpu`. */
  readonly device: string;
  /** Layers to offload: 0 for none, -1 for all. Ignored on the CPU. */
  readonly gpuLayers: number;
  /** Memory-map the weights instead of reading them into memory. */
  readonly mmap: boolean;
  /** 8-bit integer products for all matrices, for none, or (null) for those whose weights are exact in 8 bits. */
  readonly int8: boolean | null;
  /** How many values share a scale in 8-bit products; null: as the model file says. */
  readonly int8Scales: "blocks" | "rows" | null;
  /** Batch size in tokens, at least 1. A longer sequence is a batch of its own. */
  readonly batchTokens: number;
}

/** Work on a native thread. */
export interface NativeJob<Result> {
  readonly promise: Promise<Result>;
  /** Stops the work as soon as possible. The promise then rejects with `ERR_VANER_ABORTED`. */
  cancel(): void;
}

export interface NativeTokens {
  /** Token ids of all words, one word after the other. */
  readonly tokens: Int32Array;
  /** [n_words + 1] word w owns tokens[offsets[w] .. offsets[w + 1]); a word may own none. */
  readonly offsets: Uint32Array;
}

export interface NativeTextTokens extends NativeTokens {
  /** [n_tokens] start of each token in UTF-16 code units of the text; inside a character: that character's start. */
  readonly starts: Uint32Array;
  /** [n_tokens] end of each token, exclusive; inside a character: that character's end. */
  readonly ends: Uint32Array;
}

export interface NativeModel {
  readonly info: NativeModelInfo;

  /**
   * Looks all words up in the word cache: gives what {@link tokenize} would give, at once.
   * @param tokens  filled with the tokens of all words
   * @param offsets [n_words + 1] filled as in `NativeTokens`
   * @returns false if a word is not cached, or `tokens` is too short; the arrays then hold nothing of use
   */
  tokenizeKnown(text: string, bounds: Uint32Array, tokens: Int32Array, offsets: Uint32Array): boolean;

  /**
   * Tokenizes every word by itself, with a leading space mark, as VANER's published code does. A WordPiece vocabulary
   * takes normalized words, a unigram vocabulary normalized pieces with their space marks.
   * @param text   the text that the words are cut from, or the words' concatenation
   * @param bounds [2 * n_words] start and end of each word in UTF-16 code units of `text`
   */
  tokenize(text: string, bounds: Uint32Array): NativeJob<NativeTokens>;

  /**
   * Tokenizes running texts, each as a whole and unchanged, with a byte-level BPE vocabulary; normalized words with a
   * WordPiece vocabulary; or normalized pieces, with their space marks, with a unigram vocabulary.
   * @param text   the texts, with anything between them
   * @param bounds [2 * n_texts] start and end of each text in UTF-16 code units of `text`
   * @param controls whether to parse control tokens: only for trusted instructions, never for texts to recognize
   * @returns the tokens of each text, and where each token is in `text`
   */
  tokenizeText(text: string, bounds: Uint32Array, controls: boolean): NativeJob<NativeTextTokens>;

  /**
   * Encodes sequences and classifies the chosen tokens. Sequences never see each other. Calls may run at the same
   * time: the engine takes their sequences in turn.
   * @param tokens  token ids of all sequences, one sequence after the other
   * @param offsets [n_sequences + 1] sequence s owns tokens[offsets[s] .. offsets[s + 1]); none is empty
   * @param instructions [n_sequences] length of the instruction at the start of each sequence, in tokens. Models
   *   whose instructions attend only to themselves compute an instruction once. May be empty for none
   * @param rows    indices into `tokens` of the tokens to classify, ascending; never in an instruction
   * @returns [n_rows * n_heads * n_labels] label probabilities, heads in the order of `info.heads`
   */
  encode(
    tokens: Int32Array,
    offsets: Uint32Array,
    instructions: Uint32Array,
    rows: Uint32Array,
  ): NativeJob<Float32Array>;

  /**
   * The batches that were computed so far, for all models that share the engine: how many, and the tokens of all of
   * them, without instructions that are computed once. None once it is disposed of.
   */
  batches(): { readonly count: number; readonly tokens: number };

  /** Frees the model once its running jobs have ended; cancels waiting jobs. Idempotent. */
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

/** How much the weights of a tensor differ from a reference. */
export interface NativeDifference {
  readonly name: string;
  /** Sum of the squared differences of all elements. */
  readonly squaredError: number;
  /** Sum of the squares of the reference's elements. */
  readonly squaredNorm: number;
}

/** Severity of a log line. */
export type NativeLogLevel = "debug" | "info" | "warn" | "error";

export interface NativeAddon {
  /** Versions of llama.cpp and ggml, for bug reports. */
  readonly versions: { readonly llama: string; readonly ggml: string };
  /** Every code that a native failure can have. */
  readonly errorCodes: readonly string[];
  cpu(): NativeCpu;
  devices(): NativeDevice[];
  /** The backends of this process, then the libraries that could not be loaded. */
  backends(): NativeBackend[];
  /** Names libraries of ggml backends to load, once per process. After the first use of a device it changes nothing. */
  useBackends(libraries: readonly string[]): void;
  inspect(path: string): NativeJob<NativeModelFile>;
  /**
   * Loads a model. Models of one file with equal options share its weights, in all threads of the process.
   * @param onProgress called on the JavaScript thread with a share in [0, 1]
   */
  load(
    path: string,
    options: NativeLoadOptions,
    onProgress: ((share: number) => void) | null,
  ): NativeJob<NativeModel>;
  /**
   * llama.cpp's names of the types that `quantize` (files) and `encodeRows` (tensors) write, such as `F16`, `Q4_K_M`.
   */
  quantizeTypes(): { readonly files: readonly string[]; readonly tensors: readonly string[] };
  /**
   * Converts rows of numbers to another type: rounds to nearest even for F16 and BF16, quantizes for the others.
   * @param rows    little-endian elements of type `from`, whole rows
   * @param columns elements of a row; a multiple of the target's block size
   */
  encodeRows(rows: Uint8Array, from: NativeElementType, to: string, columns: number): NativeJob<Uint8Array>;
  /**
   * Merges a LoRA into rows of a matrix: `rows + scale * b a`, in F32.
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
   * Writes a quantized copy of a GGUF file of format 1 to 5 to `output`, which must not exist. Heads, norms and
   * biases stay F32.
   * @param onProgress called on the JavaScript thread with a share in [0, 1]
   */
  quantize(
    input: string,
    output: string,
    options: NativeQuantizeOptions,
    onProgress: ((share: number) => void) | null,
  ): NativeJob<void>;
  /**
   * Compares the values of all tensors of two GGUF files, in the order of the reference.
   * @param onProgress called on the JavaScript thread with a share in [0, 1]
   */
  compareWeights(
    reference: string,
    other: string,
    onProgress: ((share: number) => void) | null,
  ): NativeJob<readonly NativeDifference[]>;
  /** Cancels all jobs of this JavaScript environment, for good: it is about to end. Later jobs are refused. */
  endJobs(): void;
  /** Sets where this JavaScript environment sends llama.cpp's log lines; null drops them. */
  setLogger(logger: ((level: NativeLogLevel, message: string) => void) | null): void;
}
