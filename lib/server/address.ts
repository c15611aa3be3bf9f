import { describe, invalidArgument } from "../errors.js";

/** Where a server listens: a port of a host, or a Unix socket. */
export interface ServerAddress {
  /** Default: `127.0.0.1`. */
  readonly host?: string | undefined;
  /** 0: any that is free. Default: 8080. */
  readonly port?: number | undefined;
  /** Path of a Unix socket, instead of host and port. */
  readonly socket?: string | undefined;
}

/** Longest path of a Unix socket, in bytes. Node.js listens at the start of a longer one. */
const longestSocket = process.platform === "linux" ? 107 : 103;

/**
 * The address, with defaults. An empty host is refused: Node.js would listen at all addresses of the machine.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function checkAddress({ host = "127.0.0.1", port = 8080, socket }: ServerAddress = {}) {
  if (typeof host !== "string" || host.trim() === "")
    throw invalidArgument(`\`host\` must be an address such as 127.0.0.1, not ${describe(host)}.`);
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw invalidArgument(`\`port\` must be a whole number from 0 to 65535, not ${describe(port)}.`);
  if (socket === undefined) return { host, port, socket };
  if (typeof socket !== "string" || socket === "")
    throw invalidArgument(`\`socket\` must be the path of a Unix socket, not ${describe(socket)}.`);
  if (process.platform !== "win32" && Buffer.byteLength(socket) > longestSocket)
    throw invalidArgument(
      `The path of \`socket\` is longer than ${longestSocket} bytes: choose a shorter one.`,
    );
  return { host, port, socket };
}
