import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply } from "fastify";
import * as Type from "typebox";
import { finish } from "../../async/steps.js";
import type { Aggregation } from "../../decoding/aggregation.js";
import type { Entity } from "../../decoding/entities.js";
import { CodePoints } from "../../documents/code-points.js";
import type { Recognizer } from "../../recognizer/recognizer.js";
import { findWords, wordSegmentationId } from "../../text/words.js";
import { checkTexts } from "../limits.js";
import { tokenClassification, tokenClassificationBody } from "../schemas.js";
import type { Service } from "../service.js";
import { workSignal } from "../work-signal.js";

type Body = Type.Static<typeof tokenClassificationBody>;
type Strategy = NonNullable<NonNullable<Body["parameters"]>["aggregation_strategy"]>;
type Element = Type.Static<typeof tokenClassification>;

/**
 * `POST /` and `POST /models/:model`: the token-classification task as Hugging Face's clients ask for it. One text gives
 * a flat array, several give an array for each, as transformers' pipelines do.
 */
export function huggingFaceRoutes(app: FastifyInstance, { models, limits, metrics }: Service): void {
  const classify = async (body: Body, model: string | undefined, reply: FastifyReply) => {
    const { inputs, parameters = {} } = body;
    const texts = typeof inputs === "string" ? [inputs] : inputs;
    metrics.countTexts(texts.length, checkTexts(texts, limits));
    const signal = workSignal(reply.raw, limits);
    const recognizer = await models.borrow(model, reply.raw);
    const aggregation = aggregationOf(parameters.aggregation_strategy, recognizer);
    const found = await recognizer.recognizeBatch(texts, { aggregation, signal });
    const answers = texts.map((text, index) => elementsOf(text, found[index] ?? [], parameters));
    return typeof inputs === "string" ? answers[0] : answers;
  };
  const schema = {
    summary: "Token classification as Hugging Face's clients ask for it",
    body: tokenClassificationBody,
    response: {
      200: { anyOf: [Type.Array(tokenClassification), Type.Array(Type.Array(tokenClassification))] },
    },
  };
  const options = { schema, serializerCompiler: () => JSON.stringify };
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  typed.post("/", options, (request, reply) => classify(request.body, undefined, reply));
  const params = Type.Object({ "*": Type.String() }); // names of models have slashes
  typed.post("/models/*", { ...options, schema: { ...schema, params } }, (request, reply) =>
    classify(request.body, request.params["*"], reply),
  );
}

/** Undefined: as the model does by itself. That is what `simple`, their default, gives where words have the labels. */
function aggregationOf(strategy: Strategy | undefined, { info }: Recognizer): Aggregation | undefined {
  if (strategy === undefined || strategy === "none") return undefined;
  return strategy === "simple" && info.words === wordSegmentationId ? undefined : strategy;
}

/** Offsets are in code points, as Python has them. */
function elementsOf(
  text: string,
  entities: readonly Entity[],
  parameters: NonNullable<Body["parameters"]>,
): Element[] {
  const { aggregation_strategy: strategy = "simple" } = parameters;
  const ignored = new Set(parameters.ignore_labels);
  const places = new CodePoints(text);
  const element = (type: string, tag: string, score: number, start: number, end: number): Element => ({
    entity_group: type,
    entity: tag,
    score,
    word: text.slice(start, end),
    start: places.toPoints(start),
    end: places.toPoints(end),
  });
  const elements =
    strategy === "none"
      ? entities.flatMap(({ type, score, start, text: mention }) => {
          const bounds = finish(findWords(mention));
          return Array.from({ length: bounds.length / 2 }, (_, word) => {
            const [from = 0, to = 0] = bounds.subarray(2 * word, 2 * word + 2);
            return element(type, `${word === 0 ? "B" : "I"}-${type}`, score, start + from, start + to);
          });
        })
      : entities.map(({ type, score, start, end }) => element(type, type, score, start, end));
  return elements.filter(({ entity, entity_group: type }) => !ignored.has(entity) && !ignored.has(type));
}
