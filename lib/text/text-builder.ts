import { stride } from "../async/steps.js";

/** Joins parts of a text, some thousand at a time: V8 takes long for millions. */
export class TextBuilder {
  readonly #parts: string[] = [];
  #text = "";
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(part: string): void {
    this.#length += part.length;
    if (this.#parts.push(part) === stride) this.#join();
  }

  get text(): string {
    this.#join();
    return this.#text;
  }

  #join(): void {
    this.#text += this.#parts.join("");
    this.#parts.length = 0;
  }
}
