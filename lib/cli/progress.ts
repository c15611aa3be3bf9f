import { Format, Presets, SingleBar } from "cli-progress";

/**
 * A progress bar on standard error; does nothing if that is not a terminal. It takes the first SIGINT and SIGTERM to
 * restore the terminal: the command has to end by itself, see `interruptSignal`.
 */
export interface Progress {
  /**
   * @param done how much of the total is done; more than the total counts as all
   * @param documents how many documents are done, where they are shown
   */
  update(done: number, documents?: number): void;
  stop(): void;
}

/**
 * @param total the value of `update` at the end; 0 if it is not known, and no bar is shown
 * @param options `documents`: whether they are counted, and how many are done a second (default: no)
 */
export function startProgress(label: string, total: number, { documents = false } = {}): Progress {
  const bar = new SingleBar(
    {
      format: `${label}${total > 0 ? " {bar} {percentage} % | {eta_formatted} left" : ""}${documents ? " | {documents}" : ""}`,
      stream: process.stderr,
      hideCursor: true,
      gracefulExit: true, // shows the cursor again
      clearOnComplete: true,
      etaBuffer: 200,
      // "INF" and "NULL" where there is nothing to tell it from
      formatTime: (seconds, options, step) =>
        Number.isFinite(seconds) ? Format.TimeFormat(seconds, options, step) : "?",
    },
    Presets.shades_classic,
  );
  const shown = process.stderr.isTTY === true;
  const pace = new Pace();
  if (shown) bar.start(total, 0, { documents: pace.text(0) });
  return {
    update: (done, count = 0) => {
      if (shown) bar.update(Math.min(done, total), { documents: pace.text(count) });
    },
    stop: () => {
      if (shown) bar.stop();
    },
  };
}

/** Milliseconds over which documents a second are counted. */
const paceWindow = 10_000;

/** How many documents are done, and how many a second lately. */
class Pace {
  readonly #marks = [{ time: performance.now(), count: 0 }];

  text(count: number): string {
    const time = performance.now();
    const marks = this.#marks;
    if (time - (marks.at(-1)?.time ?? 0) >= paceWindow / 20) marks.push({ time, count });
    while (marks.length > 1 && time - (marks[0]?.time ?? 0) > paceWindow) marks.shift();
    const { time: since, count: before } = marks[0] ?? { time, count };
    const speed = time > since ? (1000 * (count - before)) / (time - since) : 0;
    return `${count.toLocaleString("en")} documents, ${speed.toFixed(1)} a second`;
  }
}
