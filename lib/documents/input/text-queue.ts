/** Text that was read and not taken, in pieces: to append one and to search near the end takes no time for the rest. */
export class TextQueue {
  #pieces: string[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(piece: string): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** Where a character is last, before a position; -1 if it is not there. */
  lastIndexOf(character: string, before: number): number {
    let start = this.#length;
    for (let index = this.#pieces.length - 1; index >= 0; index--) {
      const piece = this.#pieces[index] as string;
      start -= piece.length;
      if (start >= before) continue;
      const at = piece.lastIndexOf(character, before - start - 1);
      if (at >= 0) return start + at;
    }
    return -1;
  }

  /** Takes the first code units. */
  take(length: number): string {
    const all = this.#pieces.length === 1 ? (this.#pieces[0] as string) : this.#pieces.join("");
    const rest = all.slice(length);
    this.#pieces = rest === "" ? [] : [rest];
    this.#length = rest.length;
    return all.slice(0, length);
  }
}
