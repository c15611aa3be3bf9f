import { Readable } from "node:stream";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import type { Entity } from "../../decoding/entities.js";
import { CodePoints } from "../../documents/code-points.js";
import { invalidArgument } from "../../errors.js";
import type { RecognizedText } from "../../recognizer/stream.js";
import { readInput, type TextInput } from "../../text/input.js";
import { checkTexts } from "../limits.js";
import { loggedProblem } from "../problems.js";
import { entities, recognizeBody, results } from "../schemas.js";
import type { Service } from "../service.js";
import { workSignal } from "../work-signal.js";

const jsonLines = "application/x-ndjson";

/** `POST /v1/recognize`: the entities of a text, or of several. */
export function recognizeRoute(app: FastifyInstance, { models, limits, metrics }: Service): void {
  const schema = {
    summary: "Find the entities of texts",
    description: `Several texts are answered as JSON lines, as they are ready, with \`Accept: ${jsonLines}\`.`,
    body: recognizeBody(limits),
    response: { 200: { anyOf: [entities, results] } },
  };
  app
    .withTypeProvider<TypeBoxTypeProvider>()
    .post("/v1/recognize", { schema, serializerCompiler: () => JSON.stringify }, async (request, reply) => {
      const { text, texts, model, offsets = "utf-16", ...chosen } = request.body;
      if ((text === undefined) === (texts === undefined))
        throw invalidArgument("The body must have either `text` or `texts`.");
      const inputs = texts ?? [text as TextInput];
      metrics.countTexts(inputs.length, checkTexts(inputs, limits));
      const options = { ...chosen, signal: workSignal(reply.raw, limits) };
      const recognizer = await models.borrow(model, reply.raw);
      const answer = (input: TextInput, entities: Entity[]) => ({
        entities: offsets === "utf-16" ? entities : inCodePoints(readInput(input).text, entities),
      });
      if (texts === undefined) {
        const input = text as TextInput;
        return answer(input, await recognizer.recognize(input, options));
      }
      if (request.headers.accept?.includes(jsonLines)) {
        const found = recognizer.recognizeStream(texts, options);
        const first = await found.next(); // errors of the options have a status of their own
        const failed = (error: unknown) => ({ error: loggedProblem(error, request, reply) });
        const lines = linesOf(first, found, (each) => answer(each.text, each.entities), failed);
        return reply.type(jsonLines).send(Readable.from(lines));
      }
      const found = await recognizer.recognizeBatch(texts, options);
      return { results: texts.map((input, index) => answer(input, found[index] ?? [])) };
    });
}

/** The lines of an answer; a failure on the way is the last one. */
async function* linesOf(
  first: IteratorResult<RecognizedText, void>,
  rest: AsyncGenerator<RecognizedText, void>,
  answer: (found: RecognizedText) => object,
  failed: (error: unknown) => object,
): AsyncGenerator<string, void> {
  try {
    if (first.done) return;
    yield `${JSON.stringify(answer(first.value))}\n`;
    for await (const found of rest) yield `${JSON.stringify(answer(found))}\n`;
  } catch (error) {
    yield `${JSON.stringify(failed(error))}\n`;
  } finally {
    await rest.return();
  }
}

function inCodePoints(text: string, entities: readonly Entity[]): Entity[] {
  const places = new CodePoints(text);
  return entities.map((entity) => ({
    ...entity,
    start: places.toPoints(entity.start),
    end: places.toPoints(entity.end),
  }));
}
