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

  async facts(): Promise<ModelFacts> {
    return (await this.#call(`v1/model${this.#query({ model: this.model })}`)).json();
  }

  async formats(): Promise<FormatFacts[]> {
    return (await (await this.#call("v1/formats")).json()).formats;
  }

  async recognize(text: string, signal: AbortSignal): Promise<Entity[]> {
    const body = JSON.stringify({ text, model: this.model });
    const headers = { "content-type": "application/json" };
    return (await (await this.#call("v1/recognize", { body, headers, signal })).json()).entities;
  }

  /** The documents of a file in any format. */
  async readDocuments(file: File): Promise<PlainDocument[]> {
    const body = await file.arrayBuffer().catch(() => {
      throw new CallFailure(`${file.name} cannot be read.`, 422);
    });
    const query = this.#query({ annotate: "false", to: "jsonl" });
    const headers = { "content-type": "application/octet-stream" };
    const response = await this.#call(`v1/documents${query}`, { body, headers }).catch((error: unknown) => {
      if (!(error instanceof CallFailure)) throw error;
      throw new CallFailure(
        error.message.replace(/^the body(?=:)/, file.name),
        error.status,
        error.retryAfter,
      );
    });
    const lines = await response.text();
    return lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  /** A document with its entities as a file of a format. */
  async writeDocument(document: PlainDocument, entities: readonly Entity[], to: string): Promise<Blob> {
    const listed = entities.map(({ type, text, start, end, score }) => ({ type, text, start, end, score }));
    const body = `${JSON.stringify({ ...document, entities: listed })}\n`;
    const query = this.#query({ annotate: "false", from: "jsonl", to });
    const headers = { "content-type": "application/x-ndjson" };
    return (await this.#call(`v1/documents${query}`, { body, headers })).blob();
  }

  #query(parameters: Record<string, string | undefined>): string {
    const given = Object.entries(parameters).filter(
      (pair): pair is [string, string] => pair[1] !== undefined,
    );
    return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
  }

  /** POST if there is a body. @throws {CallFailure} and what an aborted signal throws */
  async #call(path: string, { body, headers = {}, signal }: Sent = {}): Promise<Response> {
    const { token } = this;
    const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      body: body ?? null,
      headers: { ...headers, ...authorization },
      signal: signal ?? null,
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error instanceof TypeError ? new CallFailure("The server does not answer.") : error;
    });
    if (!response.ok) throw await failureOf(response, token !== undefined);
    return response;
  }
}

interface Sent {
  readonly body?: string | ArrayBuffer;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}
