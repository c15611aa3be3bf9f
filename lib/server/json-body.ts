import type { FastifyInstance } from "fastify";
import { describe, invalidArgument, messageOf } from "../errors.js";

/** Reads JSON bodies as they are: bytes that are not UTF-8 are an error, and are never replaced. */
export function readJsonBodies(app: FastifyInstance): void {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, ({ headers }, bytes, done) => {
    const encoding = headers["content-encoding"] ?? "identity";
    if (encoding.toLowerCase() !== "identity") {
      done(invalidArgument(`The body is encoded as ${describe(encoding)}: send JSON as it is.`));
      return;
    }
    try {
      done(null, JSON.parse(decoder.decode(bytes)));
    } catch (cause) {
      done(invalidArgument(`The body is not JSON in UTF-8: ${messageOf(cause)}.`, { cause }));
    }
  });
}
