import type { ServerResponse } from "node:http";

/** Runs a callback once a response has ended or its client has gone: now, if that was before. */
export function onEnd(response: ServerResponse, callback: () => void): void {
  if (response.closed) callback();
  else response.once("close", callback);
}
