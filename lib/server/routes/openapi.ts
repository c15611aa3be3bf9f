import type { FastifyInstance } from "fastify";

/** `GET /openapi.json`: the description of the API, made of the schemas of its routes. */
export function openApiRoute(app: FastifyInstance): void {
  let text: string | undefined;
  app.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return reply.type("application/json").send(text);
  });
}
