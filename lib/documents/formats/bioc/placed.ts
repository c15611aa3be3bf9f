import { documentError, type Place } from "../../errors.js";
import type { RejectAnnotation } from "../../format.js";
import { BiocError } from "./bioc.js";

/**
 * Reads a document; what contradicts itself in it is an error with its place.
 * @param read gets `rejectAnnotation`, for errors that have no place yet
 */
export function readPlaced<Result>(
  place: Place,
  rejectAnnotation: RejectAnnotation | undefined,
  read: (reject?: (error: BiocError) => void) => Result,
): Result {
  const placed = (error: BiocError) => documentError(place, error.message, { cause: error });
  try {
    return read(rejectAnnotation && ((error) => rejectAnnotation(placed(error))));
  } catch (error) {
    if (!(error instanceof BiocError)) throw error;
    throw placed(error);
  }
}
