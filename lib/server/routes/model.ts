import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import type * as Type from "typebox";
import { documentFormats } from "../../documents/registry.js";
import { instructions } from "../../instructions/registry.js";
import { packageVersion } from "../../package-root.js";
import { mediaTypeOf } from "../media-types.js";
import { formatsAnswer, instructionsAnswer, modelAnswer, modelQuery, typesAnswer } from "../schemas.js";
import type { Service } from "../service.js";

/** `GET /v1/model`, `/v1/types`, `/v1/instructions`, `/v1/formats`: what may be asked for. */
export function modelRoutes(app: FastifyInstance, { models, limits }: Service): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const ofModel = <Answer extends Type.TSchema>(summary: string, answer: Answer) => ({
    schema: { summary, querystring: modelQuery, response: { 200: answer } },
  });
  typed.get("/v1/model", ofModel("What a model is", modelAnswer), async (request, reply) => {
    const { model } = request.query;
    const { info, types } = await models.borrow(model, reply.raw);
    const { adapter, trained, maxTokens, parameterCount, devices } = info;
    const { bodyBytes, texts, characters, seconds } = limits;
    return {
      name: models.nameOf(model),
      models: models.names,
      types: [...types],
      datasets: datasetsOf(trained),
      adapter,
      maxTokens,
      parameterCount,
      devices: [...devices],
      version: packageVersion() ?? "unknown",
      limits: { bodyBytes, texts, characters, seconds },
    };
  });
  typed.get("/v1/types", ofModel("Entity types of a model", typesAnswer), async (request, reply) => {
    const { types } = await models.borrow(request.query.model, reply.raw);
    return { types: [...types] };
  });
  const of = <Answer extends Type.TSchema>(summary: string, answer: Answer) => ({
    schema: { summary, response: { 200: answer } },
  });
  typed.get("/v1/instructions", of("Registered instructions", instructionsAnswer), async () => ({
    instructions: [...instructions.list()],
  }));
  typed.get("/v1/formats", of("Formats of documents", formatsAnswer), async () => ({
    formats: documentFormats.map(({ name, title, extensions, read, writer }) => ({
      name,
      title,
      extensions: [...extensions],
      readable: read !== undefined,
      writable: writer !== undefined,
      mediaType: mediaTypeOf(name),
    })),
  }));
}

/** @param trained pairs such as `ncbi:Disease` */
function datasetsOf(trained: readonly string[]) {
  const datasets = new Map<string, string[]>();
  for (const pair of trained) {
    const colon = pair.lastIndexOf(":");
    const name = pair.slice(0, colon);
    datasets.set(name, [...(datasets.get(name) ?? []), pair.slice(colon + 1)]);
  }
  return Array.from(datasets, ([name, types]) => ({ name, types }));
}
