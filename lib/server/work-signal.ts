import type { ServerResponse } from "node:http";
import { VanerError } from "../errors.js";
import type { KnownLimits } from "./limits.js";
import { onEnd } from "./response-end.js";

/**
 * A signal that stops the work for a request when its client has gone or its time is over. Fastify's own is aborted as
 * soon as a body was read: Node.js then closes the request.
 */
export function workSignal(response: ServerResponse, { seconds }: KnownLimits): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new VanerError("ERR_VANER_TIMEOUT", `The request took longer than ${seconds} s.`));
  }, 1000 * seconds);
  onEnd(response, () => {
    clearTimeout(timer);
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
