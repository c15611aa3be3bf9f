import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { codeOf } from "../errors.js";
import { problem, problemType } from "./problems.js";

/** What Node.js's parser says of requests that never reach a route; of all others: 400. */
const known: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "The headers are larger than this server reads."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive in time."],
};

/** Answers what is no HTTP, or comes too slowly, and ends the connection. */
export function answerBrokenRequest(error: Error, socket: Socket): void {
  const code = codeOf(error);
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = known[String(code)] ?? [400, "This is not an HTTP request."];
  const body = JSON.stringify(
    problem(status, status === 400 ? "ERR_VANER_INVALID_ARGUMENT" : "ERR_VANER_LIMIT", detail),
  );
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
