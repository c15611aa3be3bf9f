import { LinkedStop, type StopSignal } from "../async/signals.js";
import type { Entity } from "../decoding/entities.js";
import type { SourceText } from "../text/input.js";
import { SourceReader, type TextSource } from "./text-source.js";

/** A text with its entities. */
export interface RecognizedText {
  /** The text; of an input of words, the words joined by single spaces. */
  readonly text: string;
  /** By start, then end, then type. */
  readonly entities: Entity[];
}

type Recognize = (texts: readonly SourceText[], signal: StopSignal) => Promise<Entity[][]>;

/** Batches in flight: while one ends and the next starts, the other keeps all threads busy. */
const batchesInFlight = 2;

/**
 * Recognizes texts as they arrive, in order. The next batch is gathered while others are recognized: a fast
 * source makes large batches, and a slow one never delays texts that are already there. At most two batches are
 * in memory, so the source is read no faster than the consumer takes the results.
 */
export async function* streamTexts(
  source: TextSource,
  recognize: Recognize,
  signal?: StopSignal,
): AsyncGenerator<RecognizedText, void, undefined> {
  const stop = new LinkedStop(signal);
  const reader = new SourceReader(source, stop);
  const running: Promise<RecognizedText[]>[] = [];
  try {
    do {
      while (running.length < batchesInFlight && !reader.ended) {
        const texts = await reader.gather(running[0]);
        if (texts.length === 0) break; // the oldest batch is done, or the source has ended
        const batch = recognizeAll(texts, recognize, stop);
        // It may fail while the consumer is busy; the failure is thrown when its turn comes.
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
    // The consumer may have left its loop early: leave no work behind.
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
  return texts.map(({ text }, index) => ({ text, entities: found[index] ?? [] }));
}
