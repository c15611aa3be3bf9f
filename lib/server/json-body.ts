import type { FastifyInstance } from "fastify";
import { invalidArgument, messageOf } from "../errors.js";

/** Reads JSON bodies as they are: bytes that are not UTF-8 are an error, and are never replaced. */
export function readJsonBodies(app: FastifyInstance): void {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (_request, bytes, done) => {
    try {
      done(null, JSON.parse(decoder.decode(bytes)));
    } catch (cause) {
      done(invalidArgument(`The body is not JSON in UTF-8: ${messageOf(cause)}.`, { cause }));
    }
  });
}
