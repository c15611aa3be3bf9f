/** A piece of text, and where it goes in another one. */
export interface Insertion {
  readonly at: number;
  readonly piece: string;
}

/** A text with pieces inserted. @param insertions in any order; those of one place keep theirs */
export function insert(text: string, insertions: readonly Insertion[]): string {
  const pieces: string[] = [];
  let done = 0;
  for (const { at, piece } of [...insertions].sort((a, b) => a.at - b.at)) {
    pieces.push(text.slice(done, at), piece);
    done = at;
  }
  return pieces.join("") + text.slice(done);
}
