import type { NativeModel, NativeModelInfo } from "../binding/native-addon.js";
import { readLabels, type Tag } from "../decoding/labels.js";
import { describe, invalidArgument, listed, VanerError } from "../errors.js";
import { isPromise } from "../promises.js";
import type { StopSignal } from "../signals.js";
import type { SourceText } from "../text/input.js";
import { Gate } from "./gate.js";
import { Knowledge } from "./knowledge.js";
import type { Pass } from "./request.js";
import { tokenUnits } from "./token-units.js";
import type { TextUnits, UnitScheme } from "./units.js";
import { wordUnits } from "./word-units.js";

const schemes = new Map([wordUnits, tokenUnits].map((scheme): [string, UnitScheme] => [scheme.id, scheme]));

/** The least share of a sequence that an instruction must leave to the text. */
const leastShareOfText = 1 / 4;

/** Most instructions that are kept tokenized; a caller may make up datasets without end. */
const mostPrefixes = 256;

/** Tokens that wait in the native queue, at most: enough for batches of any size, and a bound to its memory. */
const queuedTokens = 65_536;

/** A pass whose instruction is tokenized. */
export interface PreparedPass {
  /** Tokens in front of the text's: the start token, if any, and the instruction's. */
  readonly prefix: Int32Array;
  /** Tokens of text that fit behind them. */
  readonly room: number;
  readonly outputs: Pass["outputs"];
}

/** A loaded model, what its file says, and the instructions that it has been given so far. */
export class Engine {
  readonly native: NativeModel;
  /** Most CPU threads that work for it at a time. */
  readonly threads: number;
  readonly info: NativeModelInfo;
  readonly knowledge: Knowledge;
  /** Where encoder calls of all callers wait for a place in the native queue. */
  readonly gate = new Gate(queuedTokens);
  /** The tag of each row of a head. */
  readonly tags: readonly Tag[];
  /** The row of the label O. */
  readonly outside: number;
  /** Longest sequence, in tokens. */
  readonly #longest: number;
  readonly #scheme: UnitScheme;
  readonly #prefixes = new Map<string, Int32Array | Promise<Int32Array>>();

  /** @throws {VanerError} `ERR_VANER_MODEL_FORMAT` where this version cannot use what the file asks for */
  constructor(native: NativeModel, threads: number) {
    const { info } = native;
    this.native = native;
    this.threads = threads;
    this.info = info;
    const scheme = schemes.get(info.words);
    if (!scheme) {
      throw new VanerError(
        "ERR_VANER_MODEL_FORMAT",
        `The model was trained on the segmentation ${describe(info.words)}; this version knows ${listed(schemes.keys())}: update vaner-native.`,
      );
    }
    this.#scheme = scheme;
    this.tags = readLabels(info.labels, info.tagging);
    this.outside = this.tags.indexOf("O");
    this.knowledge = new Knowledge(info);
    this.#longest = Math.min(info.contextLength, info.maxTokens > 0 ? info.maxTokens : info.contextLength);
  }

  /**
   * At once where the instructions have come before.
   * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` where an instruction leaves too little room
   */
  prepare(passes: readonly Pass[]): PreparedPass[] | Promise<PreparedPass[]> {
    const prefixes = passes.map(({ instruction }) => this.#prefixOf(instruction));
    const prepare = (all: readonly Int32Array[]) =>
      passes.map((pass, index) => this.#behind(all[index] as Int32Array, pass));
    return prefixes.some(isPromise)
      ? Promise.all(prefixes).then(prepare)
      : prepare(prefixes as readonly Int32Array[]);
  }

  #behind(prefix: Int32Array, { instruction, outputs }: Pass): PreparedPass {
    const room = this.#longest - prefix.length;
    if (room < this.#longest * leastShareOfText) {
      throw invalidArgument(
        `The instruction ${describe(instruction)} takes ${prefix.length} of the model's ${this.#longest} tokens and leaves too few for text: shorten it.`,
      );
    }
    return { prefix, room, outputs };
  }

  /** Cuts texts into what gets tags, at once where they hold nothing new. @throws the signal's reason */
  unitsOf(texts: readonly SourceText[], signal: StopSignal): TextUnits[] | Promise<TextUnits[]> {
    return this.#scheme.unitsOf(this.native, texts, this.tags, signal);
  }

  /** Kept and shared between calls, so no caller's signal may stop it. */
  #prefixOf(instruction: string): Int32Array | Promise<Int32Array> {
    const known = this.#prefixes.get(instruction);
    if (known) return known;
    const prefix = this.#tokenizePrefix(instruction);
    const [oldest] = this.#prefixes.keys();
    if (oldest !== undefined && this.#prefixes.size >= mostPrefixes) this.#prefixes.delete(oldest);
    this.#prefixes.set(instruction, prefix);
    prefix.then(
      (tokens) => this.#prefixes.has(instruction) && this.#prefixes.set(instruction, tokens),
      () => this.#prefixes.delete(instruction),
    );
    return prefix;
  }

  async #tokenizePrefix(instruction: string): Promise<Int32Array> {
    const start = this.info.bosToken >= 0 ? [this.info.bosToken] : [];
    if (instruction === "") return Int32Array.from(start);
    const tokens = await this.#scheme.instructionTokens(this.native, instruction);
    return Int32Array.from([...start, ...tokens]);
  }
}
