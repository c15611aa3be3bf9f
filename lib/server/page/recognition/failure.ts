/** Why a call to the server has no result, in a sentence for people. */
export class CallFailure extends Error {
  /** The status of the answer; 0 if there was none. */
  readonly status: number;
  /** After how many seconds the same call may succeed, if the server said so. */
  readonly retryAfter: number | undefined;

  constructor(message: string, status = 0, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The failure that an answer reports. @param hadToken whether the call had a token */
export async function failureOf(response: Response, hadToken: boolean): Promise<CallFailure> {
  const { status } = response;
  if (status === 401) {
    const message = hadToken ? "This server does not know that token." : "This server wants a token.";
    return new CallFailure(message, status);
  }
  if (status === 429) {
    const seconds = Math.max(1, Number(response.headers.get("retry-after")) || 1);
    return new CallFailure("The server is busy.", status, seconds);
  }
  return new CallFailure((await detailOf(response)) ?? sentenceFor(status), status);
}

/** What an RFC 9457 answer says. Servers in front of this one may send something else. */
async function detailOf(response: Response): Promise<string | undefined> {
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) return undefined;
  const { detail } = Object(await response.json().catch(() => undefined));
  return typeof detail === "string" ? detail : undefined;
}

function sentenceFor(status: number): string {
  if (status === 413) return "The text is too large for this server.";
  if (status === 504) return "The server took too long. Try a shorter text.";
  return `The server answered with status ${status}.`;
}
