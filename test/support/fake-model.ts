import type {
  NativeJob,
  NativeModel,
  NativeModelInfo,
  NativeTextTokens,
  NativeTokens,
} from "../../lib/binding/native-addon.js";
import { LoadedModel } from "../../lib/recognizer/loaded-model.js";
import { Recognizer } from "../../lib/recognizer/recognizer.js";

/** Chooses the label of a word by the text of its first token and of the instruction. */
export type Rule = (piece: string, instruction: string, head: string) => string;

export interface FakeOptions extends Partial<NativeModelInfo> {
  /** UTF-16 code units per token. Default: 4. */
  readonly pieceLength?: number;
  /** Words without tokens. */
  readonly silent?: ReadonlySet<string>;
  readonly rule?: Rule;
}

/** Words that begin with b are B; with i, I; with e, E. */
export const byFirstLetter: Rule = (piece) => ({ b: "B", i: "I", e: "E" })[piece[0] ?? ""] ?? "O";

const info: NativeModelInfo = {
  name: "fake",
  adapter: null,
  heads: ["*"],
  labels: ["O", "B", "I"],
  tagging: "BIO",
  scoreSlopes: new Float32Array(),
  scoreOffsets: new Float32Array(),
  template: "{dataset}:{entityType}>",
  adaptiveTemplate: "{entityType}>",
  trained: ["ncbi:Disease", "BC5CDR-chem:Chemical", "BC5CDR-disease:Disease"],
  maxTokens: 32,
  passageTokens: 0,
  words: "letters-digits-v1",
  causal: false,
  bosToken: 0,
  lastToken: -1,
  spacePrefix: false,
  normalizer: {
    lowercase: true,
    stripAccents: true,
    splitCjk: true,
    unicode: "",
    spaces: [],
    charsmap: new Uint8Array(),
  },
  addedTokens: [],
  contextLength: 64,
  embeddingLength: 1,
  layerCount: 1,
  vocabularySize: 1_000_000,
  parameterCount: 1,
  devices: ["CPU"],
};

/** Probability of the chosen label. */
export const certainty = Math.fround(0.9);

/**
 * A native model for unit tests: it labels words by a rule instead of a network, checks its arguments
 * as strictly as the addon's contract, and records its calls.
 */
export class FakeModel implements NativeModel {
  readonly info: NativeModelInfo;
  /** Token count of every encode call so far. */
  readonly calls: number[] = [];
  /** Sequences so far: their tokens, and the rows that get a label. */
  readonly sequences: { readonly length: number; readonly rows: number }[] = [];
  readonly tokenized: string[] = [];
  /** Texts that were tokenized with control tokens. */
  readonly parsed: string[] = [];
  inFlight = 0;
  mostInFlight = 0;
  cancelled = 0;
  disposed = 0;
  /** Makes encode calls fail while set. */
  failure: (Error & { code?: string }) | undefined;
  /** Delays encode calls until it resolves. */
  gate: Promise<void> | undefined;
  readonly #options: FakeOptions;
  readonly #pieces: string[] = ["<s>"];
  readonly #ids = new Map<string, number>();

  constructor(options: FakeOptions = {}) {
    const { pieceLength: _pieceLength, silent: _silent, rule: _rule, ...given } = options;
    this.info = { ...info, ...given };
    this.#options = options;
  }

  /** Lets texts be tokenized synchronously. */
  knowsWords = false;

  tokenizeKnown(text: string, bounds: Uint32Array, tokens: Int32Array, offsets: Uint32Array): boolean {
    const found = this.#tokenize(text, bounds);
    if (!this.knowsWords || found.tokens.length > tokens.length) return false;
    this.tokenized.push(text);
    tokens.set(found.tokens);
    offsets.set(found.offsets);
    return true;
  }

  tokenize(text: string, bounds: Uint32Array): NativeJob<NativeTokens> {
    this.tokenized.push(text);
    const copy = bounds.slice();
    return this.#job(async () => this.#tokenize(text, copy));
  }

  #tokenize(text: string, bounds: Uint32Array): NativeTokens {
    const tokens: number[] = [];
    const offsets = [0];
    for (let word = 0; word < bounds.length / 2; word++) {
      tokens.push(...this.#tokensOf(text.slice(bounds[2 * word], bounds[2 * word + 1])));
      offsets.push(tokens.length);
    }
    return { tokens: Int32Array.from(tokens), offsets: Uint32Array.from(offsets) };
  }

  /** Splits into pieces of `pieceLength` code units, whatever their content. */
  tokenizeText(text: string, bounds: Uint32Array, controls: boolean): NativeJob<NativeTextTokens> {
    this.tokenized.push(text);
    this.parsed.push(...(controls ? [text] : []));
    const copy = bounds.slice();
    return this.#job(async () => {
      const tokens: number[] = [];
      const offsets = [0];
      const starts: number[] = [];
      const ends: number[] = [];
      for (let own = 0; own < copy.length / 2; own++) {
        const [start = 0, end = 0] = copy.subarray(2 * own, 2 * own + 2);
        const pieces = this.#tokensOf(text.slice(start, end));
        for (const index of pieces.keys()) {
          const at = start + index * (this.#options.pieceLength ?? 4);
          const insidePair = at > start && (text.codePointAt(at - 1) as number) > 0xffff;
          starts.push(insidePair ? at - 1 : at);
          ends.push(Math.min(end, at + (this.#options.pieceLength ?? 4)));
        }
        tokens.push(...pieces);
        offsets.push(tokens.length);
      }
      return {
        tokens: Int32Array.from(tokens),
        offsets: Uint32Array.from(offsets),
        starts: Uint32Array.from(starts),
        ends: Uint32Array.from(ends),
      };
    });
  }

  encode(
    tokens: Int32Array,
    offsets: Uint32Array,
    instructions: Uint32Array,
    rows: Uint32Array,
  ): NativeJob<Float32Array> {
    this.#check(tokens, offsets, instructions, rows);
    this.calls.push(tokens.length);
    const copy = { tokens: tokens.slice(), offsets: offsets.slice(), rows: rows.slice() };
    return this.#job(async () => {
      await this.gate;
      if (this.failure) throw this.failure;
      return this.#answers(copy.tokens, copy.offsets, copy.rows);
    });
  }

  batches() {
    return { count: this.calls.length, tokens: this.calls.reduce((sum, tokens) => sum + tokens, 0) };
  }

  async dispose(): Promise<void> {
    this.disposed++;
  }

  #tokensOf(word: string): number[] {
    if (this.#options.silent?.has(word)) return [];
    const length = this.#options.pieceLength ?? 4;
    const pieces = Array.from({ length: Math.ceil(word.length / length) }, (_, piece) =>
      word.slice(piece * length, (piece + 1) * length),
    );
    return pieces.map((piece) => {
      const known = this.#ids.get(piece) ?? this.#pieces.push(piece) - 1;
      this.#ids.set(piece, known);
      return known;
    });
  }

  #check(tokens: Int32Array, offsets: Uint32Array, instructions: Uint32Array, rows: Uint32Array): void {
    const longest = Math.min(this.info.maxTokens, this.info.contextLength);
    if (offsets[0] !== 0 || offsets.at(-1) !== tokens.length)
      throw new RangeError("offsets do not span the tokens");
    if (instructions.length !== offsets.length - 1)
      throw new RangeError("not every sequence says its instruction");
    for (let sequence = 0; sequence + 1 < offsets.length; sequence++) {
      const [from = 0, to = 0] = offsets.subarray(sequence, sequence + 2);
      if (to <= from) throw new RangeError("a sequence is empty");
      if (to - from > longest) throw new RangeError(`a sequence has ${to - from} tokens`);
      if (this.info.bosToken >= 0 && tokens[from] !== this.info.bosToken)
        throw new RangeError("a sequence does not begin with the start token");
      const text = from + (instructions[sequence] as number);
      if (rows.some((row) => row >= from && row < text))
        throw new RangeError("an instruction is to be tagged");
      const own = rows.filter((row) => row >= text && row < to).length;
      if (own === 0) throw new RangeError("a sequence is encoded for nothing");
      this.sequences.push({ length: to - from, rows: own });
    }
    for (const [index, row] of rows.entries()) {
      if (row >= tokens.length || (index > 0 && row <= (rows[index - 1] as number)))
        throw new RangeError("bad rows");
    }
  }

  #answers(tokens: Int32Array, offsets: Uint32Array, rows: Uint32Array): Float32Array {
    const { heads, labels } = this.info;
    const rule = this.#options.rule ?? byFirstLetter;
    const answers = new Float32Array(rows.length * heads.length * labels.length);
    let sequence = 0;
    for (const [index, row] of rows.entries()) {
      while ((offsets[sequence + 1] as number) <= row) sequence++;
      const before = [
        ...tokens.subarray((offsets[sequence] as number) + (this.info.bosToken >= 0 ? 1 : 0), row),
      ];
      const instruction = before.map((token) => this.#pieces[token]).join("");
      for (const [rank, head] of heads.entries()) {
        const label = rule(this.#pieces[tokens[row] as number] as string, instruction, head);
        const best = Math.max(0, labels.indexOf(label));
        const from = (index * heads.length + rank) * labels.length;
        answers.fill((1 - certainty) / (labels.length - 1), from, from + labels.length);
        answers[from + best] = certainty;
      }
    }
    return answers;
  }

  #job<Result>(work: () => Promise<Result>): NativeJob<Result> {
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    let cancel = () => {};
    const cancelled = new Promise<never>((_, reject) => {
      cancel = () => {
        this.cancelled++;
        reject(Object.assign(new Error("cancelled"), { code: "ERR_VANER_ABORTED" }));
      };
    });
    const promise = (async () => {
      try {
        await new Promise((resolve) => setImmediate(resolve));
        return await Promise.race([cancelled, work()]);
      } finally {
        this.inFlight--;
      }
    })();
    cancelled.catch(() => {});
    return { promise, cancel: () => cancel() };
  }
}

/** A recognizer with a fake model, constructed as by `Recognizer.load`. */
export function fakeRecognizer(options: FakeOptions = {}): { recognizer: Recognizer; model: FakeModel } {
  const model = new FakeModel(options);
  return { recognizer: Reflect.construct(Recognizer, [new LoadedModel(model, 2)]), model };
}
