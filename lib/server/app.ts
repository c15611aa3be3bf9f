import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { retryAfter } from "./admission.js";
import { answerBrokenRequest } from "./broken-requests.js";
import { readJsonBodies } from "./json-body.js";
import type { ServerLibraries } from "./libraries.js";
import { openApiOptions } from "./openapi.js";
import type { ServerOptions } from "./options.js";
import {
  loggedProblem,
  type Problem,
  problem,
  problemOf,
  problemType,
  type Violation,
  violationError,
} from "./problems.js";
import { documentsRoute } from "./routes/documents.js";
import { healthRoutes } from "./routes/health.js";
import { huggingFaceRoutes } from "./routes/hugging-face.js";
import { metricsRoute } from "./routes/metrics.js";
import { modelRoutes } from "./routes/model.js";
import { openApiRoute } from "./routes/openapi.js";
import { pageRoutes } from "./routes/page.js";
import { recognizeRoute } from "./routes/recognize.js";
import type { Service } from "./service.js";

/** Most milliseconds for the headers of a request, as Node.js has it. */
const headersTimeout = 60_000;

/** Most milliseconds between two looks for clients that take too long to send a request. */
const checkingInterval = 30_000;

/** Seconds for which a browser remembers that a page may ask. */
const corsSeconds = 600;

/** What a page, and everything else, may load. */
const policy = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' data:",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};

/** Swagger UI styles its elements inline. */
const docsPolicy = { ...policy, "style-src": "'self' 'unsafe-inline'" };

const docsOptions = {
  routePrefix: "/docs",
  staticCSP: true,
  transformStaticCSP: () =>
    Object.entries(docsPolicy)
      .map((directive) => directive.join(" "))
      .join(";"),
};

/** Puts a server together: limits, headers, errors, routes. */
export function makeApp(
  libraries: ServerLibraries,
  service: Service,
  { log, cors = [] }: ServerOptions,
): FastifyInstance {
  const { limits } = service;
  const app = libraries.fastify({
    logger: log ? { level: log.level, stream: log.stream } : false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: 1000 * limits.seconds,
    // Of a connection on which nothing is sent or taken: a client that does not take its answer would keep its place.
    connectionTimeout: 2000 * limits.seconds,
    http: {
      // Node.js overlooks slow bodies where this is longer than the time for the whole request.
      headersTimeout: Math.min(headersTimeout, 1000 * limits.seconds),
      connectionsCheckingInterval: Math.min(checkingInterval, 500 * limits.seconds),
    },
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _request, reply) => void send(reply, problemOf(error)),
    routerOptions: { maxParamLength: 1024 },
    // What a client sends is taken as it is, or refused.
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, verbose: true },
    },
    schemaErrorFormatter: (errors, part) => violationError(errors as readonly Violation[], part),
  });
  readJsonBodies(app);
  app.register(libraries.helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: policy },
    strictTransportSecurity: false, // whoever ends TLS in front of it says that
  });
  if (libraries.cors) {
    app.register(libraries.cors, {
      origin: cors.includes("*") ? "*" : [...cors],
      methods: ["GET", "POST"],
      exposedHeaders: ["retry-after"],
      maxAge: corsSeconds,
    });
  }
  app.register(libraries.swagger, openApiOptions(service.tokens !== undefined));
  if (libraries.swaggerUi) app.register(libraries.swaggerUi, docsOptions);
  service.metrics.observe(app);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const found = loggedProblem(error, request, reply);
    if (!request.raw.complete) reply.header("connection", "close"); // the rest of the body is not wanted
    return send(reply, found);
  });
  // A hook, not a handler: it comes before the body is read.
  app.addHook("onRequest", async (request, reply) => {
    if (!request.is404) return undefined;
    const [path = ""] = request.url.split("?");
    const methods = ["GET", "POST"].filter((method) => app.hasRoute({ method, url: path }));
    const detail = `There is no ${request.method} ${path}.`;
    if (methods.length === 0) return send(reply, problem(404, "ERR_VANER_NOT_FOUND", detail));
    reply.header("allow", methods.join(", "));
    return send(reply, problem(405, "ERR_VANER_NOT_FOUND", `${detail} Ask it with ${methods.join(" or ")}.`));
  });
  endConnectionsOnClosing(app);
  app.register(async (open) => {
    healthRoutes(open, service);
    pageRoutes(open);
    openApiRoute(open);
  });
  app.register(async (api) => {
    const { tokens } = service;
    if (tokens) api.addHook("onRequest", async ({ headers }) => tokens.check(headers.authorization));
    modelRoutes(api, service);
    metricsRoute(api, service);
    api.register(async (work) => {
      const { admission } = service;
      work.addHook("onRequest", async () => admission.check()); // before the body is read
      work.addHook("preHandler", async (_request, reply) => admission.enter(reply.raw));
      work.register(async (texts) => {
        if (log?.texts)
          texts.addHook("preHandler", async ({ log, body }) => log.info({ body }, "what is asked"));
        recognizeRoute(texts, service);
        huggingFaceRoutes(texts, service);
      });
      work.register(async (documents) => documentsRoute(documents, service));
    });
  });
  return app;
}

function send(reply: FastifyReply, found: Problem): FastifyReply {
  if (found.status === 401) reply.header("www-authenticate", "Bearer");
  if (found.status === 429) reply.header("retry-after", retryAfter);
  return reply.code(found.status).type(problemType).serializer(JSON.stringify).send(found);
}

/** Connections whose requests were under way when the closing began become idle later, and would be kept alive. */
function endConnectionsOnClosing(app: FastifyInstance): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  app.addHook("onResponse", async () => {
    if (closing) setImmediate(() => app.server.closeIdleConnections());
  });
}
