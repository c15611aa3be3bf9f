import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { didYouMean } from "../arguments.js";
import { codeOf, describe, invalidArgument, listed, VanerError, type VanerErrorCode } from "../errors.js";

/** What a client gets instead of an answer: RFC 9457, with the library's code. */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: VanerErrorCode;
}

export const problemType = "application/problem+json";

/** Of errors that a client can mend or wait out. All others are the server's: 500. */
const statuses: Partial<Record<VanerErrorCode, number>> = {
  ERR_VANER_INVALID_ARGUMENT: 400,
  ERR_VANER_UNAUTHORIZED: 401,
  ERR_VANER_NOT_FOUND: 404,
  ERR_VANER_LIMIT: 413,
  ERR_VANER_UNKNOWN_TYPE: 422,
  ERR_VANER_UNKNOWN_DATASET: 422,
  ERR_VANER_UNKNOWN_INSTRUCTION: 422,
  ERR_VANER_DOCUMENT: 422,
  // Not 503: Hugging Face's client repeats these without end.
  ERR_VANER_OVERLOADED: 429,
  ERR_VANER_TIMEOUT: 504,
};

export function problem(status: number, code: VanerErrorCode, detail: string): Problem {
  return { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, code };
}

/** What to tell a client about whatever was thrown. Messages of unknown errors stay in the log. */
export function problemOf(error: unknown): Problem {
  if (error instanceof VanerError) return problem(statuses[error.code] ?? 500, error.code, error.message);
  const { statusCode, message } = Object(error);
  const detail = details[String(codeOf(error))] ?? String(message);
  const known = errorsOfFastify[String(codeOf(error))];
  if (known) return problemOf(known(error));
  if (statusCode >= 400 && statusCode < 500) return problem(statusCode, "ERR_VANER_INVALID_ARGUMENT", detail);
  return problem(500, "ERR_VANER_INTERNAL", "The server failed. Its log has the reason.");
}

/** As {@link problemOf}, for the answer to a request. What is the server's fault is logged, unless the client has gone. */
export function loggedProblem(error: unknown, { log }: FastifyRequest, { raw }: FastifyReply): Problem {
  const found = problemOf(error);
  if (found.status >= 500 && !raw.destroyed) log.error(error);
  return found;
}

/** Better words than Fastify's. */
const details: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE:
    "The body must be JSON: send it with the header Content-Type: application/json.",
  FST_ERR_BAD_URL: "The path is not UTF-8 in percent-encoding: write % as %25.",
};

const errorsOfFastify: Readonly<Record<string, (error: unknown) => VanerError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new VanerError("ERR_VANER_LIMIT", "The body is larger than this server allows."),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => invalidArgument("The body is empty: send a JSON object."),
};

/** A violation of a schema, as ajv reports it with `verbose`. */
export interface Violation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Record<string, unknown>;
  readonly message?: string;
  readonly parentSchema?: unknown;
  readonly data?: unknown;
}

/** What is wrong with a part of a request. @param part `body` or `querystring` */
export function violationError(violations: readonly Violation[], part: string): VanerError {
  // The last one is about the whole value where its alternatives failed one by one.
  const violation = violations.at(-1);
  const {
    keyword,
    instancePath = "",
    params = {},
    message = "is wrong",
    parentSchema,
    data,
  } = violation ?? {};
  const whole = part === "body" ? "The body" : "The query";
  const place = instancePath === "" ? whole : `\`${instancePath.slice(1).replaceAll("/", ".")}\``;
  if (keyword === "additionalProperties") {
    const name = String(params["additionalProperty"]);
    const names = Object.keys(Object(Object(parentSchema).properties));
    return invalidArgument(
      `${place} has no field ${describe(name)}.${didYouMean(name, names)} Its fields are ${listed(names)}.`,
    );
  }
  const { description, enum: values } = Object(parentSchema);
  if (keyword === "enum") {
    const meant = typeof data === "string" ? didYouMean(data, values) : "";
    return invalidArgument(`${place} must be one of ${listed(values)}, not ${describe(data)}.${meant}`);
  }
  if (keyword === "anyOf")
    return invalidArgument(`${place} must be ${description ?? "of another form"}, not ${describe(data)}.`);
  const got = keyword === "type" ? `, not ${describe(data)}` : "";
  const rule = message
    .replace(/^must be (?=array$|object$|integer$)/, "must be an ")
    .replace(/^must be (?=boolean$|number$|string$)/, "must be a ");
  return invalidArgument(`${place} ${rule}${got}.`);
}
