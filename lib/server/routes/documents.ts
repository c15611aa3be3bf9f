import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import type * as Type from "typebox";
import { annotate } from "../../documents/annotate.js";
import type { Document } from "../../documents/document.js";
import { encodeUtf8 } from "../../documents/encode.js";
import type { DocumentFormat } from "../../documents/format.js";
import { jsonLines } from "../../documents/formats/jsonl.js";
import { decompress } from "../../documents/input/compression.js";
import { decode } from "../../documents/input/encoding.js";
import { withFormat } from "../../documents/open.js";
import { formatNamed } from "../../documents/registry.js";
import { invalidArgument } from "../../errors.js";
import type { RecognizeOptions } from "../../recognizer/query.js";
import { checkCount, checkLength, limitBytes } from "../limits.js";
import { mediaTypeOf } from "../media-types.js";
import { documentsQuery } from "../schemas.js";
import type { Service } from "../service.js";
import { workSignal } from "../work-signal.js";

/** The body, in messages. */
const name = "the body";

/** `POST /v1/documents`: documents in any format, with their entities, in the same or another format. */
export function documentsRoute(app: FastifyInstance, service: Service): void {
  const { models, limits } = service;
  // The body is read as it comes, whatever it is said to be.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, bytes, done) => done(null, bytes));
  const schema = {
    summary: "Add the entities of documents to them, or convert documents",
    description: "The body is a file in any of the formats, also compressed by gzip.",
    querystring: documentsQuery,
  };
  app.withTypeProvider<TypeBoxTypeProvider>().post("/v1/documents", { schema }, async (request, reply) => {
    const { from, to, encoding, model } = request.query;
    const signal = workSignal(reply.raw, limits);
    const named = to === undefined ? undefined : formatNamed(to);
    const sent = limitBytes((request.body ?? []) as AsyncIterable<Uint8Array>, limits);
    const text = decode(name, limitBytes(decompress(name, sent), limits), encoding);
    const { input, format, close } = await withFormat({ name, encoding, text }, from);
    try {
      if (!format.read) throw invalidArgument(`${format.title} cannot be read.`); // it looks like a picture
      const read = counted(format.read(input, { reject }), service, signal);
      const annotates = request.query.annotate !== "false";
      const documents = annotates
        ? annotate(await models.borrow(model, reply.raw), read, { ...optionsOf(request.query), signal })
        : read;
      const written = named ?? (format.writer ? format : jsonLines);
      const body = await write(documents, written, annotates);
      return reply
        .type(mediaTypeOf(written.name))
        .header("content-disposition", `attachment; filename="documents.${written.extensions[0]}"`)
        .send(body);
    } finally {
      await close();
    }
  });
}

function optionsOf(query: Type.Static<typeof documentsQuery>): RecognizeOptions {
  const { types, dataset, instruction, overlaps, aggregation, consistency, lines } = query;
  const truth = (value: string | undefined) => (value === undefined ? undefined : value === "true");
  return {
    types: types?.split(",").map((type) => type.trim()),
    dataset,
    instruction,
    overlaps,
    aggregation,
    consistency: truth(consistency),
    lines: truth(lines),
  };
}

/** The documents, as long as they are within the limits. */
async function* counted(
  documents: AsyncIterable<Document>,
  { limits, metrics }: Service,
  signal: AbortSignal,
): AsyncGenerator<Document, void, undefined> {
  let count = 0;
  for await (const document of documents) {
    signal.throwIfAborted();
    checkCount(++count, limits);
    const length = document.passages.reduce((sum, { text }) => sum + text.length, 0);
    checkLength(`Document ${JSON.stringify(document.id)}`, length, limits);
    metrics.countTexts(1, length);
    yield document;
  }
}

/** All of the answer at once: a document that is malformed is then an error with a status of its own. */
async function write(
  documents: AsyncIterable<Document>,
  format: DocumentFormat,
  annotated: boolean,
): Promise<Buffer> {
  await format.prepare?.();
  const writer = format.writer?.({ annotated });
  if (!writer) throw invalidArgument(`${format.title} cannot be written as one file.`);
  const pieces: Uint8Array[] = [];
  for await (const document of documents) pieces.push(encodeUtf8(writer.write(document)));
  pieces.push(encodeUtf8(writer.end()));
  return Buffer.concat(pieces);
}

function reject(error: Error): never {
  throw error;
}
