import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { documentFormats } from "../../documents/registry.js";
import { instructions } from "../../instructions/registry.js";
import { packageVersion } from "../../package-root.js";
import { mediaTypeOf } from "../media-types.js";
import { modelQuery } from "../schemas.js";
import type { Service } from "../service.js";

/** `GET /v1/model`, `/v1/types`, `/v1/instructions`, `/v1/formats`: what may be asked for. */
export function modelRoutes(app: FastifyInstance, { models, limits }: Service): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const schema = (summary: string) => ({ summary, querystring: modelQuery });
  typed.get("/v1/model", { schema: schema("What a model is") }, async ({ query: { model } }, reply) => {
    const recognizer = await models.borrow(model, reply.raw);
    const { info, types } = recognizer;
    const { adapter, trained, maxTokens, parameterCount, devices } = info;
    const { requests: _, ...shown } = limits;
    return {
      name: models.nameOf(model),
      models: models.names,
      types,
      datasets: datasetsOf(trained),
      adapter,
      maxTokens,
      parameterCount,
      devices,
      version: packageVersion(),
      limits: shown,
    };
  });
  typed.get(
    "/v1/types",
    { schema: schema("Entity types of a model") },
    async ({ query: { model } }, reply) => ({
      types: (await models.borrow(model, reply.raw)).types,
    }),
  );
  typed.get("/v1/instructions", { schema: { summary: "Registered instructions" } }, async () => ({
    instructions: instructions.list(),
  }));
  typed.get("/v1/formats", { schema: { summary: "Formats of documents" } }, async () => ({
    formats: documentFormats.map((format) => ({
      name: format.name,
      title: format.title,
      extensions: format.extensions,
      readable: format.read !== undefined,
      writable: format.writer !== undefined,
      mediaType: mediaTypeOf(format.name),
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
