import { Presets, SingleBar } from "cli-progress";

/** A progress bar on standard error, where that is a terminal; otherwise nothing. */
export interface Progress {
  /** @param done of the total; what is beyond it counts as all */
  update(done: number): void;
  stop(): void;
}

/** @param total what `update` counts up to */
export function startProgress(label: string, total: number): Progress {
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage} % | {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
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
