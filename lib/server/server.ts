import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { codeOf, invalidArgument, messageOf, VanerError } from "../errors.js";
import type { LoadOptions } from "../recognizer/load.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { checkAddress, type ServerAddress } from "./address.js";
import { Admission } from "./admission.js";
import { makeApp } from "./app.js";
import { loadServerLibraries } from "./libraries.js";
import { resolveLimits } from "./limits.js";
import { Metrics } from "./metrics.js";
import { type ModelSource, Models } from "./models.js";
import { checkServerOptions, type ServerOptions } from "./options.js";
import { Tokens } from "./tokens.js";

/** An HTTP server of recognitions. */
export interface Server {
  /**
   * Starts to listen, and to load the models: requests wait for them.
   * @returns the URL, or the path of the socket
   * @throws {VanerError} `ERR_VANER_SERVER` if the address cannot be used; `ERR_VANER_INVALID_ARGUMENT`
   */
  listen(address?: ServerAddress): Promise<string>;
  /** Handles a request of another server: `http.createServer(server.handle)`, or a route of Express. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Fulfilled when all models are loaded. @throws as `Recognizer.load` */
  readonly loaded: Promise<void>;
  /** Reads the tokens and loads the models again, while requests go on. @throws as `Recognizer.load` */
  reload(): Promise<void>;
  /** Takes no more requests, finishes those under way, as long as a request may take, and frees the models. */
  close(): Promise<void>;
}

/**
 * Makes a server, which does not listen yet. It loads its models at once.
 * @throws {VanerError} `ERR_VANER_SERVER` if a package that it needs is missing; `ERR_VANER_INVALID_ARGUMENT`
 */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  checkServerOptions(options);
  const limits = resolveLimits(options.limits);
  const { tokenFile } = options;
  const tokens = tokenFile === undefined ? undefined : await Tokens.read(tokenFile);
  const models = new Models(sourcesOf(options));
  const loaded = models.load();
  loaded.catch(() => {}); // those who wait for it get the error
  try {
    const libraries = await loadServerLibraries(options);
    const admission = new Admission(limits.requests);
    const metrics = new Metrics(libraries.prometheus, models, admission);
    const app = makeApp(libraries, { models, limits, admission, metrics, tokens }, options);
    await app.ready();
    return {
      loaded,
      handle: (request, response) => app.routing(request, response),
      listen: (address) => listen(app, address),
      async reload() {
        await tokens?.reload();
        await models.reload();
      },
      async close() {
        // Node.js stops looking for slow clients when it closes: one of them could hold it up for ever.
        const timer = setTimeout(() => app.server.closeAllConnections(), 1000 * limits.seconds);
        await app.close().finally(() => clearTimeout(timer));
        await models.dispose();
      },
    };
  } catch (error) {
    await models.dispose();
    throw error;
  }
}

async function listen(app: FastifyInstance, address?: ServerAddress): Promise<string> {
  const { host, port, socket } = checkAddress(address);
  try {
    return await app.listen(socket === undefined ? { host, port } : { path: socket });
  } catch (cause) {
    const problem = `The server cannot listen at ${socket ?? `${host}:${port}`}: ${messageOf(cause)}.`;
    const remedy = remedies[String(codeOf(cause))]?.[socket === undefined ? "port" : "socket"] ?? "";
    throw new VanerError("ERR_VANER_SERVER", problem + remedy, { cause });
  }
}

const remedies: Readonly<Record<string, { readonly port: string; readonly socket: string }>> = {
  EADDRINUSE: {
    port: " Choose another port.",
    socket: " Remove it if no server listens there: one that was killed leaves it behind.",
  },
  EACCES: {
    port: " Ports below 1024 may need more rights: choose another one.",
    socket: " Its folder must exist, and be one that this user may write to.",
  },
};

function sourcesOf({ models, recognizer }: ServerOptions): ReadonlyMap<string, ModelSource> {
  if (recognizer !== undefined) {
    if (models !== undefined) throw invalidArgument("Give either `models` or `recognizer`.");
    const own = { load: async () => recognizer, dispose: async () => {} };
    return new Map([[recognizer.info.name || defaultName, own]]);
  }
  const named = Object.entries(models ?? { [defaultName]: {} });
  if (named.length === 0) throw invalidArgument("`models` is empty: name one or more.");
  return new Map(named.map(([name, options]) => [name, sourceOf(options)]));
}

const defaultName = "default";

function sourceOf(options: LoadOptions): ModelSource {
  return { load: () => Recognizer.load(options), dispose: (recognizer) => recognizer.dispose() };
}
