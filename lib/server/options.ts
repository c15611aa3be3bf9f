import type { Writable } from "node:stream";
import type { OptionNames } from "../arguments.js";
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

export const serverOptionNames: OptionNames<ServerOptions> = {
  models: true,
  recognizer: true,
  limits: true,
  tokenFile: true,
  cors: true,
  log: true,
};
