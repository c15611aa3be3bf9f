import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Entity } from "../decoding/entities.js";
import { messageOf, VanerError } from "../errors.js";
import { OutputFile } from "../output-file.js";
import type { GoldText } from "./gold.js";
import type { Comparison, Span } from "./scores.js";

/** UTF-16 code units of context on each side of a mention. */
const contextLength = 60;

const columns = ["mistake", "type", "mention", "score", "where", "start", "end", "context"];

/** Writes the mistakes of a model to a tab-separated file, one mistake a line. The file appears when it is complete. */
export class MistakeList {
  readonly #stream: WriteStream;
  /** Undefined for a pipe or a device, which is written to as it is. */
  readonly #file: OutputFile | undefined;
  readonly #failure: Promise<never>;

  private constructor(stream: WriteStream, file: OutputFile | undefined) {
    this.#stream = stream;
    this.#file = file;
    this.#failure = new Promise((_, reject) => {
      this.#stream.once("error", (cause) => reject(listError(cause)));
    });
    this.#failure.catch(() => {});
    this.#stream.write(row(columns));
  }

  /**
   * @param path an existing file is replaced once the list is complete
   * @throws {VanerError} `ERR_VANER_CORPUS` if the file cannot be written
   */
  static async open(path: string): Promise<MistakeList> {
    try {
      const special = await stat(path).then(
        (status) => status.isFIFO() || status.isCharacterDevice(),
        () => false,
      );
      const file = special ? undefined : await OutputFile.prepare(path);
      return new MistakeList(createWriteStream(file?.partial ?? path), file);
    } catch (error) {
      throw listError(error);
    }
  }

  /** @throws {VanerError} `ERR_VANER_CORPUS` if the file cannot be written */
  async add(gold: GoldText, { spurious, missed }: Comparison<Span, Entity>): Promise<void> {
    const rows = [
      ...spurious.map((entity) => mistake("false positive", gold, entity, entity.score.toFixed(3))),
      ...missed.map((span) => mistake("false negative", gold, span, "")),
    ];
    if (rows.length === 0 || this.#stream.write(rows.join(""))) return;
    await Promise.race([once(this.#stream, "drain"), this.#failure]);
  }

  /** Completes the list. @throws as {@link add} */
  async close(): Promise<void> {
    try {
      await this.#end();
      await this.#file?.commit();
    } catch (error) {
      throw listError(error);
    }
  }

  /** Removes a list that is not complete. Idempotent. */
  async discard(): Promise<void> {
    await this.#end().catch(() => {});
    await this.#file?.discard();
  }

  async #end(): Promise<void> {
    if (this.#stream.closed) return;
    this.#stream.end();
    await Promise.race([once(this.#stream, "close"), this.#failure]);
  }
}

function listError(cause: unknown): VanerError {
  if (cause instanceof VanerError && cause.code === "ERR_VANER_CORPUS") return cause;
  const message = `The list of mistakes cannot be written: ${messageOf(cause)}.`;
  return new VanerError("ERR_VANER_CORPUS", message, { cause });
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
