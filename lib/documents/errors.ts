import { VanerError } from "../errors.js";
import type { RejectAnnotation } from "./format.js";

/**
 * Reads one annotation.
 * @param reject takes an annotation that is malformed; undefined: that is thrown
 */
export function readOrReject(read: () => void, reject: RejectAnnotation | undefined): void {
  try {
    read();
  } catch (error) {
    if (!reject || !(error instanceof VanerError)) throw error;
    reject(error);
  }
}

/** Where in a file something is wrong. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line?: number | undefined;
  /** Id of the document. */
  readonly document?: string | undefined;
}

/** An error about a document: file, line and document, then the problem. */
export function documentError(place: Place, problem: string, options?: ErrorOptions): VanerError {
  const { file, line, document } = place;
  const where = line === undefined ? file : `${file}:${line}`;
  const which = document === undefined ? "" : ` document ${JSON.stringify(document)}:`;
  return new VanerError("ERR_VANER_DOCUMENT", `${where}:${which} ${problem}`, options);
}
