import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import type { Entity } from "../decoding/entities.js";
import { VanerError } from "../errors.js";
import type { GoldText } from "./corpus.js";
import type { Comparison, Span } from "./scores.js";

/** UTF-16 code units of context on each side of a mention. */
const contextLength = 60;

const columns = ["mistake", "type", "mention", "score", "where", "start", "end", "context"];

/** Writes the mistakes of a model to a tab-separated file, one mistake a line. */
export class MistakeList {
  readonly #file: WriteStream;
  readonly #failure: Promise<never>;

  /** @param path an existing file is overwritten */
  constructor(path: string) {
    this.#file = createWriteStream(path);
    this.#failure = new Promise((_, reject) => {
      this.#file.once("error", (cause) => {
        const message = `The list of mistakes cannot be written: ${cause.message}.`;
        reject(new VanerError("ERR_VANER_CORPUS", message, { cause }));
      });
    });
    this.#failure.catch(() => {});
    this.#file.write(row(columns));
  }

  /** @throws {VanerError} `ERR_VANER_CORPUS` if the file cannot be written */
  async add(gold: GoldText, { spurious, missed }: Comparison<Span, Entity>): Promise<void> {
    const rows = [
      ...spurious.map((entity) => mistake("false positive", gold, entity, entity.score.toFixed(3))),
      ...missed.map((span) => mistake("false negative", gold, span, "")),
    ];
    if (rows.length === 0 || this.#file.write(rows.join(""))) return;
    await Promise.race([once(this.#file, "drain"), this.#failure]);
  }

  /** @throws as {@link add} */
  async close(): Promise<void> {
    this.#file.end();
    await Promise.race([once(this.#file, "close"), this.#failure]);
  }
}

function mistake(kind: string, { name, text }: GoldText, { type, start, end }: Span, score: string): string {
  const before = text.slice(Math.max(0, start - contextLength), start);
  const after = text.slice(end, end + contextLength);
  const mention = text.slice(start, end);
  return row([
    kind,
    type,
    mention,
    score,
    name,
    String(start),
    String(end),
    `${before}[[${mention}]]${after}`,
  ]);
}

function row(cells: readonly string[]): string {
  return `${cells.map((cell) => cell.replace(/\s+/g, " ")).join("\t")}\n`;
}
