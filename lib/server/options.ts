import type { Writable } from "node:stream";
import { checkNames, type OptionNames } from "../arguments.js";
import { describe, invalidArgument } from "../errors.js";
import type { LoadOptions } from "../recognizer/load.js";
import type { Recognizer } from "../recognizer/recognizer.js";
import type { ServerLimits } from "./limits.js";

/** Options of {@link createServer}. */
export interface ServerOptions {
  /** Models to load, by the names that requests give; the first one is the default. Default: the default model. */
  readonly models?: Readonly<Record<string, LoadOptions>> | undefined;
  /** A recognizer of yours to serve instead of `models`. Dispose of it behind `close`. */
  readonly recognizer?: Recognizer | undefined;
  readonly limits?: ServerLimits | undefined;
  /** File with the bearer tokens of those who may ask, one a line. Default: everybody may. */
  readonly tokenFile?: string | undefined;
  /** Origins whose pages may ask (CORS), for example `https://example.org`; `*` is any. Default: none. */
  readonly cors?: readonly string[] | undefined;
  /** Whether to serve pages about the API at `/docs`. Default: false; they need the package `@fastify/swagger-ui`. */
  readonly docs?: boolean | undefined;
  /** Where to log, as JSON lines. Default: nowhere. */
  readonly log?: ServerLog | undefined;
}

/** What a server logs: requests and failures. */
export interface ServerLog {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly stream: Writable;
  /** Whether to log what is asked, at level `info`. Default: false, since texts may be confidential. */
  readonly texts?: boolean | undefined;
}

const serverOptionNames: OptionNames<ServerOptions> = {
  models: true,
  recognizer: true,
  limits: true,
  tokenFile: true,
  cors: true,
  docs: true,
  log: true,
};

/** As browsers send it: one that is written otherwise would never be let in. Local files have `null`. */
const originPattern = /^(\*|null|[a-z][a-z\d+.-]*:\/\/[^\s/?#@A-Z]+)$/;

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` */
export function checkServerOptions(options: ServerOptions): void {
  checkNames("createServer", options, serverOptionNames);
  const { cors } = options;
  if (cors !== undefined && !(Array.isArray(cors) && cors.every((origin) => typeof origin === "string")))
    throw invalidArgument(`\`cors\` must be an array of origins, not ${describe(cors)}.`);
  const wrong = cors?.find((origin) => !originPattern.test(origin));
  if (wrong !== undefined) {
    throw invalidArgument(
      `\`cors\` has ${describe(wrong)}: an origin is like https://example.org, without a path, or * for any.`,
    );
  }
}
