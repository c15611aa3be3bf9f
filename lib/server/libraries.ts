import { messageOf, VanerError } from "../errors.js";
import type { ServerOptions } from "./options.js";

/** What this entry needs of its optional dependencies. */
export interface ServerLibraries {
  readonly fastify: typeof import("fastify").fastify;
  readonly helmet: typeof import("@fastify/helmet").fastifyHelmet;
  readonly swagger: typeof import("@fastify/swagger").fastifySwagger;
  readonly prometheus: typeof import("prom-client");
  /** Undefined where no other origin may ask. */
  readonly cors?: typeof import("@fastify/cors").fastifyCors;
  /** Undefined where nobody asked for `/docs`. */
  readonly swaggerUi?: typeof import("@fastify/swagger-ui").fastifySwaggerUi;
}

/** @throws {VanerError} `ERR_VANER_SERVER` if a package is missing */
export async function loadServerLibraries({
  cors = [],
  docs = false,
}: ServerOptions): Promise<ServerLibraries> {
  const withCors = cors.length > 0;
  try {
    const [{ fastify }, { fastifyHelmet }, { fastifySwagger }, prometheus] = await Promise.all([
      import("fastify"),
      import("@fastify/helmet"),
      import("@fastify/swagger"),
      import("prom-client"),
    ]);
    return {
      fastify,
      helmet: fastifyHelmet,
      swagger: fastifySwagger,
      prometheus,
      ...(withCors ? { cors: (await import("@fastify/cors")).fastifyCors } : {}),
      ...(docs ? { swaggerUi: (await import("@fastify/swagger-ui")).fastifySwaggerUi } : {}),
    };
  } catch (cause) {
    const packages = [
      "fastify @fastify/helmet @fastify/swagger prom-client",
      ...(withCors ? ["@fastify/cors"] : []),
      ...(docs ? ["@fastify/swagger-ui"] : []),
    ].join(" ");
    throw new VanerError(
      "ERR_VANER_SERVER",
      `The server needs packages that are optional: npm install ${packages} (${messageOf(cause)}).`,
      { cause },
    );
  }
}
