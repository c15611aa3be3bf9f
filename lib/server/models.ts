import type { ServerResponse } from "node:http";
import { describe, listed, VanerError } from "../errors.js";
import type { Recognizer } from "../recognizer/recognizer.js";
import { onEnd } from "./response-end.js";

/** A recognizer that is disposed of when it was retired and its last request has ended. */
class Served {
  readonly recognizer: Recognizer;
  readonly #dispose: () => Promise<void>;
  #borrowers = 0;
  #retired = false;

  constructor(recognizer: Recognizer, dispose: () => Promise<void>) {
    this.recognizer = recognizer;
    this.#dispose = dispose;
  }

  get retired(): boolean {
    return this.#retired;
  }

  borrow(): void {
    this.#borrowers++;
  }

  async giveBack(): Promise<void> {
    this.#borrowers--;
    await this.#disposeIfIdle();
  }

  async retire(): Promise<void> {
    this.#retired = true;
    await this.#disposeIfIdle();
  }

  async #disposeIfIdle(): Promise<void> {
    if (this.#retired && this.#borrowers === 0) await this.#dispose();
  }
}

/** Where a model comes from. */
export interface ModelSource {
  load(): Promise<Recognizer>;
  /** Called with what `load` gave, when it is used no more. */
  dispose(recognizer: Recognizer): Promise<void>;
}

/** The models of a server, by their names. They load while the server starts, and requests wait for them. */
export class Models {
  readonly #sources: ReadonlyMap<string, ModelSource>;
  readonly #served = new Map<string, Promise<Served>>();
  /** Of these, those that are loaded. */
  readonly #loaded = new Map<string, Served>();
  /** Reloads run one behind the other, and before the end: else a model that is replaced meanwhile is never freed. */
  #reloads: Promise<void> = Promise.resolve();

  /** @param sources at least one; the first one is the default */
  constructor(sources: ReadonlyMap<string, ModelSource>) {
    this.#sources = sources;
  }

  get names(): string[] {
    return [...this.#sources.keys()];
  }

  /** The recognizers that serve now, with their names. */
  *loaded(): Generator<[name: string, recognizer: Recognizer]> {
    for (const [name, { recognizer }] of this.#loaded) yield [name, recognizer];
  }

  /** Whether all models are loaded. */
  get ready(): boolean {
    return this.#loaded.size === this.#sources.size;
  }

  /** Starts loading, unless it has begun. @returns a promise that rejects if a model cannot be loaded */
  async load(): Promise<void> {
    await Promise.all(this.names.map((name) => this.#current(name)));
  }

  /** @throws {VanerError} `ERR_VANER_NOT_FOUND` */
  nameOf(name: string | undefined): string {
    const known = name ?? this.names[0] ?? "";
    if (this.#sources.has(known)) return known;
    throw new VanerError(
      "ERR_VANER_NOT_FOUND",
      `There is no model ${describe(known)}. The models are ${listed(this.names)}.`,
    );
  }

  /**
   * The recognizer of a model, once it is loaded. It stays usable until the response has ended or its client has gone.
   * @throws {VanerError} `ERR_VANER_NOT_FOUND`, and as `Recognizer.load`
   */
  async borrow(name: string | undefined, response: ServerResponse): Promise<Recognizer> {
    const known = this.nameOf(name);
    let served = await this.#current(known);
    if (served.retired) served = await this.#current(known); // it was loaded again meanwhile
    served.borrow();
    onEnd(response, () => void served.giveBack());
    return served.recognizer;
  }

  /**
   * Loads all models again, one after the other. Requests that are under way end with the model that they have.
   * @throws as `Recognizer.load`; the models before that one are new, and the others stay
   */
  reload(): Promise<void> {
    const reloaded = this.#reloads.then(() => this.#reload());
    this.#reloads = reloaded.catch(() => {}); // the caller gets the error
    return reloaded;
  }

  async #reload(): Promise<void> {
    for (const [name, source] of this.#sources) {
      const before = await this.#current(name).catch(() => undefined); // it may not have been loaded at all
      const next = await serve(source);
      this.#served.set(name, Promise.resolve(next));
      this.#loaded.set(name, next);
      await before?.retire();
    }
  }

  /** Frees all models once their requests have ended. */
  async dispose(): Promise<void> {
    await this.#reloads;
    this.#loaded.clear();
    for (const served of this.#served.values()) {
      await served.then(
        (each) => each.retire(),
        () => {}, // it was never loaded
      );
    }
  }

  #current(name: string): Promise<Served> {
    const known = this.#served.get(name);
    if (known) return known;
    const served = serve(this.#sources.get(name) as ModelSource);
    this.#served.set(name, served);
    return served.then((each) => {
      this.#loaded.set(name, each);
      return each;
    });
  }
}

async function serve(source: ModelSource): Promise<Served> {
  const recognizer = await source.load();
  return new Served(recognizer, () => source.dispose(recognizer));
}
