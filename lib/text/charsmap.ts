import { type Steps, stride } from "../async/steps.js";
import { VanerError } from "../errors.js";
import { NumberList, type Numbers } from "./number-list.js";
import { TextBuilder } from "./text-builder.js";
import type { ComposedText } from "./unicode-form.js";

/** Longest sequence that is looked up as a whole, in bytes of UTF-8. The map is asked for the characters of others. */
const longestSequence = 5;

/** Characters that may be part of a sequence of several within these bytes, or of a longer one with such an end. */
const joining =
  /^[\p{M}\p{Cf}\p{Emoji_Modifier}\p{Regional_Indicator}\r\u0d4e\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\uff9e\uff9f]/u;

/** Code units that are looked at first for the end of a sequence. */
const usualWindow = 16;

/** Replacements that are remembered. */
const mostRemembered = 2 ** 16;

/** A part of a text. */
interface Chunk {
  readonly text: string;
  readonly start: number;
}

/**
 * Sentencepiece's precompiled map of characters, as Hugging Face's tokenizers apply it: to each sequence that a reader
 * takes for one character, and what matches its beginning replaces all of it.
 */
export class Charsmap {
  readonly #trie: Uint32Array;
  /** UTF-8; each ends with a zero byte. */
  readonly #replacements: Buffer;
  readonly #known = new Map<string, string | undefined>();
  #segmenter: Intl.Segmenter | undefined;

  /** @param bytes size of the trie in bytes, the trie, the replacements; checked by the engine */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = view.getUint32(0, true) / 4;
    this.#trie = Uint32Array.from({ length: size }, (_, unit) => view.getUint32(4 + 4 * unit, true));
    this.#replacements = Buffer.from(bytes.subarray(4 + 4 * size));
  }

  /**
   * Replaces characters, in O(n).
   * @returns undefined if nothing changes
   * @throws {VanerError} `ERR_VANER_MODEL_CORRUPT` for a damaged map
   */
  *compose(text: string): Steps<ComposedText | undefined> {
    const composed = new TextBuilder();
    const places = new NumberList();
    let changed = false;
    let count = 0;
    for (const { text: chunk, start } of this.#chunks(text)) {
      if (++count % stride === 0) yield;
      const replacement = this.#replacementOf(chunk);
      composed.push(replacement ?? chunk);
      if (replacement === undefined) {
        for (let unit = 0; unit < chunk.length; unit++) {
          places.push(start + unit);
          places.push(start + unit + 1);
        }
      } else {
        changed = true;
        place(chunk, replacement, start, places);
      }
    }
    return changed ? { text: composed.text, places: yield* places.toArray() } : undefined;
  }

  /** What is looked up in the map: sequences that it knows, else characters. */
  *#chunks(text: string): Generator<Chunk> {
    for (const { text: sequence, start } of this.#sequences(text)) {
      const short = sequence.length === 1 || Buffer.byteLength(sequence) <= longestSequence;
      if (short && this.#replacementOf(sequence) !== undefined) yield { text: sequence, start };
      else yield* characters(sequence, start);
    }
  }

  *#sequences(text: string): Generator<Chunk> {
    for (let at = 0, joins = joinsAt(text, 0); at < text.length; ) {
      const next = at + ((text.codePointAt(at) as number) > 0xffff ? 2 : 1);
      const nextJoins = joinsAt(text, next);
      const end = joins || nextJoins ? this.#sequenceEnd(text, at) : next;
      yield { text: text.slice(at, end), start: at };
      joins = end === next ? nextJoins : joinsAt(text, end);
      at = end;
    }
  }

  /** A window at a time: the segmenter takes quadratic time in long texts. */
  #sequenceEnd(text: string, start: number): number {
    this.#segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
    for (let size = usualWindow; ; size *= 2) {
      const window = text.slice(start, start + size);
      const length = this.#segmenter.segment(window).containing(0)?.segment.length ?? 1;
      // The window may end inside a pair of surrogates.
      if (length + 1 < window.length || start + size >= text.length) return start + length;
    }
  }

  #replacementOf(text: string): string | undefined {
    if (this.#known.has(text)) return this.#known.get(text);
    const found = this.#find(Buffer.from(text));
    if (this.#known.size >= mostRemembered) this.#known.clear();
    this.#known.set(text, found);
    return found;
  }

  /** The replacement of the shortest beginning that the trie has. Source: darts-clone's `commonPrefixSearch`. */
  #find(key: Buffer): string | undefined {
    let node = offsetOf(this.#unit(0));
    for (const byte of key) {
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = this.#unit(node);
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      node ^= offsetOf(unit);
      if ((unit & 0x100) !== 0) return this.#textAt(this.#unit(node) & 0x7fffffff);
    }
    return undefined;
  }

  #unit(index: number): number {
    return this.#trie[index] ?? damaged("its trie points outside of itself");
  }

  #textAt(start: number): string {
    const end = this.#replacements.indexOf(0, start);
    // A byte that continues a character cannot start one.
    if (end < 0 || ((this.#replacements[start] ?? 0) & 0xc0) === 0x80) {
      return damaged("its trie points outside of the replacements");
    }
    return this.#replacements.toString("utf8", start, end);
  }
}

function joinsAt(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  // Most characters of most texts.
  if (unit < 0xad) return unit === 0x0d;
  return at < text.length && joining.test(text.slice(at, at + 2));
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function damaged(why: string): never {
  throw new VanerError(
    "ERR_VANER_MODEL_CORRUPT",
    `The model's map of characters (tokenizer.ggml.precompiled_charsmap) is damaged: ${why}. Get the tokenizer anew, and convert the checkpoint again.`,
  );
}

function* characters(text: string, start: number): Generator<Chunk> {
  let at = start;
  for (const char of text) {
    yield { text: char, start: at };
    at += char.length;
  }
}

/** Places of a replacement: its characters stand for those of the original one by one, and the last ones for the rest. */
function place(original: string, replacement: string, start: number, places: Numbers): void {
  const bounds = [start];
  for (const char of original) bounds.push((bounds.at(-1) as number) + char.length);
  const last = bounds.length - 2;
  const made = [...replacement];
  for (const [index, { length }] of made.entries()) {
    const from = bounds[Math.min(index, last)] as number;
    const to = bounds[index === made.length - 1 ? last + 1 : Math.min(index, last) + 1] as number;
    for (let unit = 0; unit < length; unit++) {
      places.push(from);
      places.push(to);
    }
  }
}
