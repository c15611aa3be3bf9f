/** The same text in pieces that do not end within a surrogate pair: each can be encoded by itself. */
export async function* wholePairs(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let half = "";
  for await (const piece of pieces) {
    const text = half + piece;
    const last = text.charCodeAt(text.length - 1);
    const whole = last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text;
    half = text.slice(whole.length);
    if (whole !== "") yield whole;
  }
  if (half !== "") yield half;
}
