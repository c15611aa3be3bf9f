/**
 * Ends the process when its standard output cannot be written. A reader that closes the pipe, as in `vaner … | head`, is a
 * silent success; anything else, such as a full disk, is a failure.
 *
 * Without standard error the work goes on: a server does not end with its log. The process then fails at its end, unless
 * the reader closed the pipe.
 */
export function endWithOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    process.stderr.write(`vaner: the output cannot be written: ${error.message} (${error.code})\n`);
    process.exit(1);
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    process.once("exit", () => {
      process.exitCode ||= 1;
    });
  });
}

/** Writes to standard output; waits while its buffer is full. */
export async function print(text: string): Promise<void> {
  if (process.stdout.write(text)) return;
  await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
}

/** Prints one JSON document. Whole numbers beyond 2^53 become strings. */
export async function printJson(value: unknown): Promise<void> {
  const text = JSON.stringify(
    value,
    (_key, item) => {
      if (typeof item !== "bigint") return item;
      return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
    },
    2,
  );
  await print(`${text}\n`);
}

/** Whether standard output shows colours. Follows no-color.org and FORCE_COLOR. */
export function wantsColour(): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0";
  return process.stdout.isTTY === true && TERM !== "dumb";
}
