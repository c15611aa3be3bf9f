import type { FastifyInstance } from "fastify";
import type { Service } from "../service.js";

/** `GET /metrics`, for Prometheus. */
export function metricsRoute(app: FastifyInstance, { metrics }: Service): void {
  app.get("/metrics", { schema: { summary: "Measures for Prometheus" } }, async (_request, reply) =>
    reply.type(metrics.mediaType).send(await metrics.render()),
  );
}
