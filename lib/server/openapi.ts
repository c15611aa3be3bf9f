import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import * as Type from "typebox";
import { packageVersion } from "../package-root.js";
import { problemType } from "./problems.js";
import { entities, problem, results } from "./schemas.js";

/** How the description of the API is made of the schemas of the routes. @param asksForTokens whether all need one */
export function openApiOptions(asksForTokens: boolean): FastifyDynamicSwaggerOptions {
  const bearer = { type: "http", scheme: "bearer" } as const;
  return {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "vaner-native",
        description: "Biomedical named entity recognition",
        version: packageVersion() ?? "0",
        license: { name: "MIT", identifier: "MIT" },
      },
      ...(asksForTokens ? { components: { securitySchemes: { bearer } }, security: [{ bearer: [] }] } : {}),
    },
    convertConstToEnum: false,
    transform: ({ schema, url, route: { method } }) => {
      const { response, params, body, ...others } = Object(schema);
      const named = url === "/models/*";
      const own = described[`${method} ${url}`];
      return {
        url: named ? "/models/:model" : url,
        schema: {
          ...others,
          ...(params ? { params: named ? modelPath : params } : {}),
          ...(body ? { body: url === "/v1/recognize" ? { ...body, oneOf: eitherText } : body } : {}),
          ...own,
          response: { ...response, ...own?.response, default: anyProblem },
        },
      };
    },
  };
}

/** A name of a model may have slashes, for which Fastify has no parameter but `*`. */
const modelPath = Type.Object({ model: Type.String() });

/** The handler says it in its own words. */
const eitherText = [{ required: ["text"] }, { required: ["texts"] }];

/** Bytes of any kind have an empty schema. */
const file = (mediaType: string, schema: object = { type: "string" }) => ({
  content: { [mediaType]: { schema } },
});

/** What is not JSON has no schema that Fastify could check. */
const described: Readonly<Record<string, { readonly body?: object; readonly response?: object }>> = {
  "POST /v1/documents": {
    body: file("*/*", {}),
    response: { 200: { description: "The documents", ...file("*/*", {}) } },
  },
  "POST /v1/recognize": {
    response: {
      200: {
        description: "The entities, or a line for each text",
        content: {
          "application/json": { schema: { anyOf: [entities, results] } },
          ...file("application/x-ndjson").content,
        },
      },
    },
  },
  "GET /": {
    response: {
      200: {
        description: "A page",
        content: { "application/json": { schema: {} }, ...file("text/html").content },
      },
    },
  },
  "GET /metrics": { response: { 200: { description: "Measures", ...file("text/plain") } } },
};

const anyProblem = { description: "A problem", content: { [problemType]: { schema: problem } } };
