import { basename } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { invalidArgument } from "../errors.js";
import type { LoadOptions } from "../recognizer/load.js";
import { defaultLimits } from "../server/limits.js";
import type { ServerLog } from "../server/options.js";
import type { Server } from "../server/server.js";
import { collect, loadOptions, type ModelFlags, modelOptions, readCount } from "./options.js";

interface Flags extends Omit<ModelFlags, "model"> {
  readonly model?: string[];
  readonly host?: string;
  readonly port?: number;
  readonly socket?: string;
  readonly maxBytes?: number;
  readonly maxTexts?: number;
  readonly maxCharacters?: number;
  readonly maxRequests?: number;
  readonly timeout?: number;
  readonly tokenFile?: string;
  readonly cors?: string[];
  readonly docs?: boolean;
  readonly log: ServerLog["level"];
  readonly logTexts?: boolean;
}

/** `vaner serve`: answers recognitions over HTTP. */
export function serveCommand(): Command {
  const { bodyBytes, texts, characters, seconds, requests } = defaultLimits;
  const command = new Command("serve")
    .description("answer recognitions over HTTP until stopped; needs fastify and its plugins")
    .option(
      "--host <address>",
      "address to listen at (default: 127.0.0.1, which other machines cannot reach)",
    )
    .option("--port <number>", "port to listen at; 0 is any that is free (default: 8080)", readPort)
    .option("--socket <path>", "Unix socket to listen at, instead of host and port")
    .option("--max-bytes <count>", `most bytes of a body (default: ${bodyBytes})`, readCount)
    .option("--max-texts <count>", `most texts or documents of a request (default: ${texts})`, readCount)
    .option(
      "--max-characters <count>",
      `most characters of a text or document (default: ${characters})`,
      readCount,
    )
    .option(
      "--max-requests <count>",
      `most requests that wait or are under way; more get status 429 (default: ${requests})`,
      readCount,
    )
    .option(
      "--timeout <seconds>",
      `longest time to send a request, and to answer it (default: ${seconds})`,
      readCount,
    )
    .option(
      "--token-file <file>",
      "file with the bearer tokens of those who may ask, one a line (default: everybody may)",
    )
    .option(
      "--cors <origin>",
      "let the pages of an origin ask; * is any; repeat it for several; needs @fastify/cors (default: none)",
      collect,
    )
    .option("--docs", "serve pages about the API at /docs; needs @fastify/swagger-ui")
    .addOption(
      new Option("--log <level>", "what to log to standard error, as JSON lines")
        .choices(["debug", "info", "warn", "error"])
        .default("warn"),
    )
    .option("--log-texts", "log what is asked too, at level info; texts may be confidential");
  return modelOptions(command, { several: true }).action(serve);
}

async function serve(flags: Flags): Promise<void> {
  const { host, port, socket, maxBytes, maxTexts, maxCharacters, maxRequests, timeout } = flags;
  const { tokenFile, cors } = flags;
  const { createServer } = await import("../server/server.js");
  const server = await createServer({
    models: modelsOf(flags),
    limits: {
      bodyBytes: maxBytes,
      texts: maxTexts,
      characters: maxCharacters,
      requests: maxRequests,
      seconds: timeout,
    },
    tokenFile,
    cors,
    docs: flags.docs,
    log: { level: flags.log, stream: process.stderr, texts: flags.logTexts },
  });
  const stop = stopped(server); // before anybody is told that it can be stopped
  try {
    const address = await server.listen({ host, port, socket });
    process.stderr.write(`Listening on ${address}. Stop with Ctrl+C.\n`);
    if (tokenFile === undefined && host !== undefined && !isLoopback(host))
      process.stderr.write(
        "vaner: other machines can reach it, and it asks for no token: see --token-file.\n",
      );
    await Promise.race([stop, server.loaded.then(() => new Promise<never>(() => {}))]);
  } finally {
    await server.close();
  }
}

/** Whether an address is of this machine alone. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Waits for SIGINT or SIGTERM; the same one again ends the process at once. SIGHUP reads tokens and models again. */
function stopped(server: Server): Promise<void> {
  process.on("SIGHUP", () => {
    server.reload().then(
      () => process.stderr.write("Read tokens and models again.\n"),
      (error) => process.stderr.write(`vaner: what could not be read again stays: ${error.message}\n`),
    );
  });
  return new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve());
  });
}

/** The models by their names: `name=file`, or the file's name without its ending. */
function modelsOf({ model: given = [], ...shared }: Flags): Record<string, LoadOptions> | undefined {
  if (given.length > 1 && shared.adapter !== undefined)
    throw invalidArgument("--adapter goes with one --model: serve the others by another process.");
  if (given.length === 0) return { default: loadOptions(shared) };
  const models: Record<string, LoadOptions> = {};
  for (const each of given) {
    const named = /^([^=/\\]+)=(.+)$/.exec(each);
    const [, name = basename(each).replace(/\.gguf$/i, ""), file = each] = named ?? [];
    if (Object.hasOwn(models, name)) {
      const remedy = `write --model other-name=${file}.`;
      throw invalidArgument(`Two models have the name ${JSON.stringify(name)}: ${remedy}`);
    }
    models[name] = loadOptions({ ...shared, model: file });
  }
  return models;
}

function readPort(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new InvalidArgumentError("Give a whole number from 0 to 65535.");
}
