import type { Entity } from "../../../decoding/entities.js";
import { CallFailure, failureOf } from "./failure.js";

/** What `GET /v1/model` says, as far as the page needs it. */
export interface ModelFacts {
  readonly name: string;
  readonly models: readonly string[];
  readonly types: readonly string[];
  readonly version: string;
}

/** A format of `GET /v1/formats`. */
export interface FormatFacts {
  readonly name: string;
  readonly title: string;
  readonly extensions: readonly string[];
  readonly writable: boolean;
}

/** A document as JSON lines have it. */
export interface PlainDocument {
  readonly id: string;
  readonly text: string;
}

/** The calls of the server that the page needs. Addresses are relative: the server may lie below a path. */
export class Calls {
  /** Bearer token of all calls, if the server wants one. */
  token: string | undefined;
  /** Name of the model; undefined for the server's default. */
  model: string | undefined;

  facts(): Promise<ModelFacts> {
    return this.#call(`v1/model${queryOf({ model: this.model })}`, (answer) => answer.json());
  }

  formats(): Promise<FormatFacts[]> {
    return this.#call("v1/formats", async (answer) => (await answer.json()).formats);
  }

  recognize(text: string, signal: AbortSignal): Promise<Entity[]> {
    const body = JSON.stringify({ text, model: this.model });
    const sent = { body, type: "application/json", signal };
    return this.#call("v1/recognize", async (answer) => (await answer.json()).entities, sent);
  }

  /** The documents of a file in any format. */
  async readDocuments(file: File): Promise<PlainDocument[]> {
    const body = await file.arrayBuffer().catch(() => {
      throw new CallFailure(`${file.name} cannot be read.`, 422);
    });
    const sent = { body, type: "application/octet-stream" };
    const query = queryOf({ annotate: "false", to: "jsonl" });
    const lines = await this.#call(`v1/documents${query}`, (answer) => answer.text(), sent).catch(
      ({ message, status }: CallFailure) => {
        throw new CallFailure(message.replace(/^the body(?=:)/, file.name), status);
      },
    );
    return lines.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  }

  /** A document with its entities as a file of a format. */
  writeDocument(document: PlainDocument, entities: readonly Entity[], to: string): Promise<Blob> {
    const listed = entities.map(({ type, text, start, end, score }) => ({ type, text, start, end, score }));
    const body = `${JSON.stringify({ ...document, entities: listed })}\n`;
    const sent = { body, type: "application/x-ndjson" };
    const query = queryOf({ annotate: "false", from: "jsonl", to });
    return this.#call(`v1/documents${query}`, (answer) => answer.blob(), sent);
  }

  /** @throws {CallFailure}, and the reason of a signal that was aborted */
  async #call<Answer>(
    path: string,
    read: (response: Response) => Promise<Answer>,
    sent?: Sent,
  ): Promise<Answer> {
    const headers = new Headers();
    if (sent) headers.set("content-type", sent.type);
    if (this.token) headers.set("authorization", `Bearer ${this.token}`);
    const { body = null, signal = null } = sent ?? {};
    try {
      const response = await fetch(path, { method: sent ? "POST" : "GET", headers, body, signal });
      if (!response.ok) throw await failureOf(response, this.token !== undefined);
      return await read(response);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CallFailure) throw error;
      const isStrange = error instanceof SyntaxError;
      throw new CallFailure(
        isStrange ? "The answer of the server cannot be read." : "The server does not answer.",
      );
    }
  }
}

interface Sent {
  readonly body: string | ArrayBuffer;
  readonly type: string;
  readonly signal?: AbortSignal;
}

function queryOf(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}
