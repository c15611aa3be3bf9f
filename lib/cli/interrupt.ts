/**
 * A signal that aborts when the process gets SIGINT or SIGTERM, so that unfinished files can be removed. A second
 * SIGINT or SIGTERM ends the process at once.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => controller.abort(new Error(`stopped by ${name}`)));
  }
  return controller.signal;
}
