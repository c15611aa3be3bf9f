/**
 * Spans by seqeval 1.2.2 in its default mode (`get_entities`), ported unchanged for labels without types:
 * [first word, last word].
 */
export function seqevalSpans(labels: readonly string[]): [number, number][] {
  const spans: [number, number][] = [];
  let previous = "O";
  let begin = 0;
  for (const [index, tag] of [...labels, "O"].entries()) {
    if (endsChunk(previous, tag)) spans.push([begin, index - 1]);
    if (startsChunk(previous, tag)) begin = index;
    previous = tag;
  }
  return spans;
}

function endsChunk(previous: string, tag: string): boolean {
  if (previous === "E") return true;
  if (previous === "B" && (tag === "B" || tag === "O")) return true;
  if (previous === "I" && (tag === "B" || tag === "O")) return true;
  return false;
}

function startsChunk(previous: string, tag: string): boolean {
  if (tag === "B") return true;
  if (previous === "E" && (tag === "E" || tag === "I")) return true;
  if (previous === "O" && (tag === "E" || tag === "I")) return true;
  return false;
}
