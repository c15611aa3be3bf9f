/**
 * An HTTP server of recognitions. Needs the packages `fastify`, `@fastify/helmet`, `@fastify/swagger` and `prom-client`;
 * `@fastify/cors` for other origins, `@fastify/swagger-ui` for `/docs`.
 * @packageDocumentation
 */
export type { ServerAddress } from "./address.js";
export type { ServerLimits } from "./limits.js";
export type { ServerLog, ServerOptions } from "./options.js";
export { createServer, type Server } from "./server.js";
