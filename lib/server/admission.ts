import type { ServerResponse } from "node:http";
import { VanerError } from "../errors.js";
import { onEnd } from "./response-end.js";

/** Seconds after which a refused client may try again. */
export const retryAfter = 1;

/** Counts the requests that wait for the model or are under way, and refuses those that are too many. */
export class Admission {
  readonly #most: number;
  #underWay = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** @throws {VanerError} `ERR_VANER_OVERLOADED` while there is no place */
  check(): void {
    if (this.#underWay < this.#most) return;
    throw new VanerError(
      "ERR_VANER_OVERLOADED",
      `The server works on ${this.#most} requests, as many as it may: try again in ${retryAfter} s.`,
    );
  }

  /** Takes a place until the response has ended or its client has gone. @throws as {@link check} */
  enter(response: ServerResponse): void {
    this.check();
    this.#underWay++;
    onEnd(response, () => {
      this.#underWay--;
    });
  }
}
