import { messageOf, VanerError } from "../errors.js";

/** What this entry needs of its optional dependencies. */
export interface ServerLibraries {
  readonly fastify: typeof import("fastify").fastify;
  readonly cors: typeof import("@fastify/cors").fastifyCors;
  readonly helmet: typeof import("@fastify/helmet").fastifyHelmet;
  readonly swagger: typeof import("@fastify/swagger").fastifySwagger;
  readonly prometheus: typeof import("prom-client");
}

/** @throws {VanerError} `ERR_VANER_SERVER` if a package is missing */
export async function loadServerLibraries(): Promise<ServerLibraries> {
  try {
    const [{ fastify }, { fastifyCors }, { fastifyHelmet }, { fastifySwagger }, prometheus] =
      await Promise.all([
        import("fastify"),
        import("@fastify/cors"),
        import("@fastify/helmet"),
        import("@fastify/swagger"),
        import("prom-client"),
      ]);
    return { fastify, cors: fastifyCors, helmet: fastifyHelmet, swagger: fastifySwagger, prometheus };
  } catch (cause) {
    const packages = "fastify @fastify/cors @fastify/helmet @fastify/swagger prom-client";
    throw new VanerError(
      "ERR_VANER_SERVER",
      `The server needs packages that are optional: npm install ${packages} (${messageOf(cause)}).`,
      { cause },
    );
  }
}
