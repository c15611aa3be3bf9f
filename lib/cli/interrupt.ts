/**
 * A signal that aborts when the process gets SIGINT, SIGTERM or SIGHUP, so that unfinished files can be removed. The
 * same one again ends the process at once.
 * @param remedy what the user can do then
 */
export function interruptSignal(remedy = ""): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => controller.abort(new Error(`stopped by ${name}${remedy}`)));
  }
  return controller.signal;
}
