import type { FastifyInstance } from "fastify";
import type { Service } from "../service.js";

/** `GET /healthz` and `/readyz`, for those who watch the process. */
export function healthRoutes(app: FastifyInstance, { models }: Service): void {
  app.get("/healthz", { schema: { summary: "Whether the process answers" } }, async () => ({ status: "ok" }));
  app.get("/readyz", { schema: { summary: "Whether the models are loaded" } }, async (_request, reply) =>
    models.ready ? { status: "ready" } : reply.code(503).send({ status: "loading" }),
  );
}
