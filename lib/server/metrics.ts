import type { FastifyInstance } from "fastify";
import { type Statistics, statisticsOf } from "../recognizer/recognizer.js";
import type { Admission } from "./admission.js";
import type { ServerLibraries } from "./libraries.js";
import type { Models } from "./models.js";

/** Upper ends of the classes of durations, in seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Of requests whose client has gone before its answer, as nginx has it. */
const clientGone = 499;

/** Measures for Prometheus: requests, durations, queue, texts, tokens, and the process. */
export class Metrics {
  readonly #prometheus: ServerLibraries["prometheus"];
  readonly #registry;
  readonly #durations;
  readonly #texts;
  readonly #characters;
  #process = false;

  constructor(prometheus: ServerLibraries["prometheus"], models: Models, admission: Admission) {
    this.#prometheus = prometheus;
    this.#registry = new prometheus.Registry();
    const registers = [this.#registry];
    this.#durations = new prometheus.Histogram({
      name: "vaner_http_request_duration_seconds",
      help: "Time from the headers of a request to the end of its answer",
      labelNames: ["method", "route", "status"] as const,
      buckets,
      registers,
    });
    const counter = (name: string, help: string) => new prometheus.Counter({ name, help, registers });
    this.#texts = counter("vaner_texts_total", "Texts and documents that were asked for");
    this.#characters = counter("vaner_characters_total", "UTF-16 code units of these");
    new prometheus.Gauge({
      name: "vaner_requests_under_way",
      help: "Requests that wait for the model or are under way",
      registers,
      collect() {
        this.set(admission.underWay);
      },
    });
    const ofModels = (name: string, help: string, value: keyof Statistics) =>
      new prometheus.Gauge({
        name,
        help,
        labelNames: ["model"] as const,
        registers,
        collect() {
          for (const [model, recognizer] of models.loaded())
            this.set({ model }, statisticsOf(recognizer)[value]);
        },
      });
    ofModels(
      "vaner_model_tokens",
      "Tokens that were given to the encoder since the model was loaded",
      "tokens",
    );
    ofModels("vaner_model_calls", "Calls of the encoder since the model was loaded", "calls");
    ofModels(
      "vaner_model_batches",
      "Batches that the encoder computed since the model was loaded",
      "batches",
    );
    ofModels("vaner_model_batch_tokens", "Tokens of these batches", "batchTokens");
    ofModels("vaner_model_tokens_under_way", "Tokens in the queue of the encoder", "tokensUnderWay");
    ofModels("vaner_model_calls_waiting", "Calls that wait for a place in the queue", "callsWaiting");
  }

  /** Measures the requests of a server. */
  observe(app: FastifyInstance): void {
    app.addHook("onResponse", async (request, reply) => {
      const status = reply.raw.writableFinished ? reply.statusCode : clientGone;
      const route = request.routeOptions.url ?? "none";
      this.#durations.observe({ method: request.method, route, status }, reply.elapsedTime / 1000);
    });
  }

  countTexts(texts: number, characters: number): void {
    this.#texts.inc(texts);
    this.#characters.inc(characters);
  }

  get mediaType(): string {
    return this.#registry.contentType;
  }

  async render(): Promise<string> {
    // The process is watched from the first time on: memory, CPU, the delay of its event loop.
    if (!this.#process) this.#prometheus.collectDefaultMetrics({ register: this.#registry });
    this.#process = true;
    return this.#registry.metrics();
  }
}
