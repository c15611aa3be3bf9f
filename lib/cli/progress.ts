import { Presets, SingleBar } from "cli-progress";

/**
 * A progress bar on standard error; does nothing if that is not a terminal. It takes the first SIGINT and SIGTERM to
 * restore the terminal: the command has to end by itself, see `interruptSignal`.
 */
export interface Progress {
  /** @param done how much of the total is done; more than the total counts as all */
  update(done: number): void;
  stop(): void;
}

/** @param total the value of `update` at the end */
export function startProgress(label: string, total: number): Progress {
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage} % | {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
      gracefulExit: true, // shows the cursor again
      clearOnComplete: true,
      etaBuffer: 200,
    },
    Presets.shades_classic,
  );
  const shown = process.stderr.isTTY === true;
  if (shown) bar.start(total, 0);
  return {
    update: (done) => {
      if (shown) bar.update(Math.min(done, total));
    },
    stop: () => {
      if (shown) bar.stop();
    },
  };
}
