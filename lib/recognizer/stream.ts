import type { Entity } from "../decoding/entities.js";
import { linkSignal } from "../signals.js";
import type { SourceText } from "../text/input.js";
import { Reader, type TextSource } from "./reader.js";

/** A text with its entities. */
export interface RecognizedText {
  /** The text, or the words of it joined by single spaces. */
  readonly text: string;
  /** By start, then end, then type. */
  readonly entities: Entity[];
}

type Recognize = (texts: readonly SourceText[], signal: AbortSignal) => Promise<Entity[][]>;

/**
 * Recognizes texts as they come, in order. While one batch is being recognized the next is gathered,
 * so a fast source gives large batches, and a slow one is not waited for with work at hand. Two
 * batches are held at most: the source is read no faster than the consumer takes the results.
 */
export async function* streamTexts(
  source: TextSource,
  recognize: Recognize,
  signal?: AbortSignal,
): AsyncGenerator<RecognizedText, void, undefined> {
  const stop = linkSignal(signal);
  const reader = new Reader(source, stop.signal);
  let running: Promise<RecognizedText[]> | undefined;
  try {
    do {
      const texts = await reader.gather(running);
      const done = (await running) ?? [];
      running = texts.length > 0 ? recognizeAll(texts, recognize, stop.signal) : undefined;
      // It may fail while the consumer is busy; the failure is thrown when the batch is waited for.
      running?.catch(() => {});
      for (const result of done) {
        stop.signal.throwIfAborted();
        yield result;
      }
    } while (running || !reader.ended);
    reader.throwFailure();
  } finally {
    stop.unlink();
    // A consumer that leaves its loop early leaves no work behind.
    stop.abort();
    await Promise.allSettled([running, reader.close()]);
  }
}

async function recognizeAll(
  texts: readonly SourceText[],
  recognize: Recognize,
  signal: AbortSignal,
): Promise<RecognizedText[]> {
  const found = await recognize(texts, signal);
  return texts.map(({ text }, index) => ({ text, entities: found[index] as Entity[] }));
}
