import type { FastifyInstance } from "fastify";
import { state } from "../schemas.js";
import type { Service } from "../service.js";

/** `GET /healthz` and `/readyz`, for those who watch the process. */
export function healthRoutes(app: FastifyInstance, { models }: Service): void {
  const health = { summary: "Whether the process answers", response: { 200: state } };
  app.get("/healthz", { schema: health }, async () => ({ status: "ok" }));
  const readiness = { summary: "Whether the models are loaded", response: { 200: state, 503: state } };
  app.get("/readyz", { schema: readiness }, async (_request, reply) =>
    models.ready ? { status: "ready" } : reply.code(503).send({ status: "loading" }),
  );
}
