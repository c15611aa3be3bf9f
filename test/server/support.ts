import { afterEach } from "@jest/globals";
import type { ServerOptions } from "../../lib/server/options.js";
import { createServer, type Server } from "../../lib/server/server.js";
import { type FakeModel, type FakeOptions, fakeRecognizer } from "../support/fake-model.js";

export interface Started {
  readonly server: Server;
  readonly url: string;
  readonly model: FakeModel;
  /** Posts JSON. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
}

const started = new Set<Server>();
afterEach(async () => {
  await Promise.all(Array.from(started, (server) => server.close()));
  started.clear();
});

/** A server with a fake model, closed behind the test. */
export async function start(options: ServerOptions = {}, fake: FakeOptions = {}): Promise<Started> {
  const { recognizer, model } = fakeRecognizer(fake);
  const server = await createServer({ recognizer, ...options });
  started.add(server);
  const url = await server.listen({ port: 0 });
  return {
    server,
    url,
    model,
    post: (path, body, init = {}) =>
      fetch(url + path, {
        method: "POST",
        body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
        ...init,
        headers: { "content-type": "application/json", ...init.headers },
      }),
  };
}

/** A gate that keeps a fake model from answering until it is opened. */
export function closeGate(model: FakeModel): () => void {
  let open = () => {};
  model.gate = new Promise((resolve) => {
    open = resolve;
  });
  return () => open();
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
