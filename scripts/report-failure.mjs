// @ts-check
/**
 * Import this module first: a script that cannot read or write a file then ends with a message instead of a stack.
 */

/** @type {Record<string, string>} */
const reasons = {
  EACCES:
    "permission denied. If another user made it, for example with sudo, delete it or give it to yourself",
  EPERM: "not permitted. Another user may own it, or another program may hold it open",
  EBUSY: "it is busy. Another program may hold it open",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
};

/** @param {unknown} error @returns {string | undefined} what a person can act on, or undefined for a defect */
function explain(error) {
  const { code, path, message } = /** @type {NodeJS.ErrnoException} */ (Object(error));
  const reason = reasons[code ?? ""];
  return reason && `${path ?? message}: ${reason}.`;
}

/** @param {unknown} error */
export function messageOf(error) {
  return explain(error) ?? (error instanceof Error ? error.message : String(error));
}

process.on("uncaughtException", (error) => {
  console.error(explain(error) ?? error);
  process.exit(1);
});
