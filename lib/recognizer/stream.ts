import type { Entity } from "../decoding/entities.js";
import { LinkedStop, type StopSignal } from "../signals.js";
import type { SourceText } from "../text/input.js";
import { Reader, type TextSource } from "./reader.js";

/** A text with its entities. */
export interface RecognizedText {
  /** The text, or the words of it joined by single spaces. */
  readonly text: string;
  /** By start, then end, then type. */
  readonly entities: Entity[];
}

type Recognize = (texts: readonly SourceText[], signal: StopSignal) => Promise<Entity[][]>;

/** Batches that are recognized at once: while one ends and the next begins, the other keeps all threads at work. */
const batchesInFlight = 2;

/**
 * Recognizes texts as they come, in order. While batches are being recognized the next is gathered,
 * so a fast source gives large batches, and a slow one is not waited for with work at hand. Two
 * batches are held at most: the source is read no faster than the consumer takes the results.
 */
export async function* streamTexts(
  source: TextSource,
  recognize: Recognize,
  signal?: StopSignal,
): AsyncGenerator<RecognizedText, void, undefined> {
  const stop = new LinkedStop(signal);
  const reader = new Reader(source, stop);
  const running: Promise<RecognizedText[]>[] = [];
  try {
    do {
      while (running.length < batchesInFlight && !reader.ended) {
        const texts = await reader.gather(running[0]);
        if (texts.length === 0) break; // the oldest batch has ended first, or nothing is left
        const batch = recognizeAll(texts, recognize, stop);
        // It may fail while the consumer is busy; the failure is thrown when the batch is waited for.
        batch.catch(() => {});
        running.push(batch);
      }
      for (const result of (await running.shift()) ?? []) {
        stop.throwIfAborted();
        yield result;
      }
    } while (running.length > 0 || !reader.ended);
    reader.throwFailure();
  } finally {
    stop.unlink();
    // A consumer that leaves its loop early leaves no work behind.
    stop.abort();
    await Promise.allSettled([...running, reader.close()]);
  }
}

async function recognizeAll(
  texts: readonly SourceText[],
  recognize: Recognize,
  signal: StopSignal,
): Promise<RecognizedText[]> {
  const found = await recognize(texts, signal);
  return texts.map(({ text }, index) => ({ text, entities: found[index] as Entity[] }));
}
