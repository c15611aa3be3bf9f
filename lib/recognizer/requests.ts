import { instructions } from "../instructions/registry.js";
import { checkSignal } from "../signals.js";
import type { Knowledge } from "./knowledge.js";
import { type RecognizeOptions, type Request, readRequest } from "./request.js";

type Asked = Pick<RecognizeOptions, "types" | "dataset" | "overlaps">;

/** Reads the options of one recognizer's calls, of which most ask for the same as the one before. */
export class Requests {
  readonly #knowledge: Knowledge;
  #last: { readonly asked: Asked; readonly request: Request } | undefined;

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge;
  }

  /** @throws as {@link readRequest} */
  read(options: RecognizeOptions): Request {
    if (this.#last && options.instruction === undefined && isSame(options, this.#last.asked)) {
      checkSignal(options.signal);
      return this.#last.request;
    }
    const request = readRequest(options, this.#knowledge, instructions);
    // What the model was trained on stays; registered instructions come and go.
    const trained = request.types.every((type) => this.#knowledge.types.includes(type));
    if (trained && options.instruction === undefined) this.#last = { asked: copy(options), request };
    return request;
  }
}

function isSame({ types, dataset, overlaps }: RecognizeOptions, asked: Asked): boolean {
  if (dataset !== asked.dataset || overlaps !== asked.overlaps) return false;
  if (types === undefined || asked.types === undefined) return types === asked.types;
  const known = asked.types;
  // The caller's array may be anything; only one that was checked has known texts.
  return (
    Array.isArray(types) && types.length === known.length && known.every((type, at) => types[at] === type)
  );
}

function copy({ types, dataset, overlaps }: Asked): Asked {
  return {
    ...(types && { types: [...types] }),
    ...(dataset !== undefined && { dataset }),
    ...(overlaps && { overlaps }),
  };
}
