import { types } from "node:util";

/** All errors of this library: their codes, and what each code means. */
export const errorCodes = {
  ERR_VANER_INVALID_ARGUMENT: "An argument or option has the wrong type or value.",
  ERR_VANER_UNKNOWN_TYPE:
    "The model was not trained on this entity type and no instruction is registered for it.",
  ERR_VANER_UNKNOWN_DATASET: "The model was not trained on this dataset, or not on this type of it.",
  ERR_VANER_UNKNOWN_INSTRUCTION: "No instruction is registered under this id.",
  ERR_VANER_DUPLICATE_INSTRUCTION: "An instruction is already registered under this id.",
  ERR_VANER_DISPOSED: "The recognizer is disposed of.",
  ERR_VANER_NATIVE_LOAD: "The native addon is missing for this platform or cannot be loaded.",
  ERR_VANER_MODEL_NOT_FOUND: "The model file does not exist or cannot be read.",
  ERR_VANER_MODEL_NOT_GGUF: "The file is not a GGUF file.",
  ERR_VANER_MODEL_CORRUPT: "The file is cut short or contradicts itself.",
  ERR_VANER_MODEL_ARCHITECTURE: "The file holds a model of another architecture, for example a chat model.",
  ERR_VANER_MODEL_FORMAT:
    "The file's VANER metadata is missing or of a format that this version does not know.",
  ERR_VANER_MODEL_HEAD: "The classifier head is missing or has the wrong shape.",
  ERR_VANER_MODEL_WEIGHTS: "The weights hold impossible values, such as NaN.",
  ERR_VANER_OUT_OF_MEMORY: "There is not enough memory for the model or a computation.",
  ERR_VANER_DEVICE: "The compute device is unknown or failed.",
  ERR_VANER_COMPUTE: "The computation failed, or its results are not probabilities.",
  ERR_VANER_CORPUS:
    "The labelled corpus cannot be read or has nothing to measure, or the list of mistakes cannot be written.",
  ERR_VANER_DOCUMENT:
    "A document or its file cannot be read, is malformed, or cannot be written in the format asked for.",
  ERR_VANER_QUEUE: "The queue cannot be reached or used, or its workers could not read a document.",
  ERR_VANER_SERVER: "The server cannot start: a package is missing, or its address cannot be used.",
  ERR_VANER_UNAUTHORIZED: "The server asks for a token, and the request has none that it knows.",
  ERR_VANER_NOT_FOUND: "The server has no such route or model.",
  ERR_VANER_LIMIT: "The request is larger than the server allows.",
  ERR_VANER_TIMEOUT: "The request took longer than the server allows.",
  ERR_VANER_OVERLOADED: "The server works on as many requests as it may: try again later.",
  ERR_VANER_CHECKPOINT:
    "The checkpoint or adapter to convert is missing a file, is damaged, or holds something that cannot be converted.",
  ERR_VANER_OUTPUT:
    "The output file cannot be written, for example because the disk is full or it is the input.",
  ERR_VANER_ABORTED: "The work was cancelled. Internal: callers see their signal's reason instead.",
  ERR_VANER_INTERNAL: "A defect of this library. Please report it.",
} as const;

/**
 * A code of a {@link VanerError}.
 * @useDeclaredType
 */
export type VanerErrorCode = keyof typeof errorCodes;

/**
 * The one error class of this library. `code` is for programs and never changes its meaning. `message` is for
 * people: it names the cause and the remedy.
 */
export class VanerError extends Error {
  override readonly name = "VanerError";
  readonly code: VanerErrorCode;

  constructor(code: VanerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A {@link VanerError} about an argument of the caller. */
export function invalidArgument(message: string, options?: ErrorOptions): VanerError {
  return new VanerError("ERR_VANER_INVALID_ARGUMENT", message, options);
}

/** A value of the wrong kind, as messages show it: short, never its whole content. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return String(value);
  if (typeof value === "object") return "an object";
  return typeof value;
}

/** The message of whatever was thrown, without a full stop at its end. */
export function messageOf(cause: unknown): string {
  return (types.isNativeError(cause) ? cause.message : String(cause)).replace(/\.$/, "");
}

/** The `code` of an error of Node.js, such as `ENOENT`. */
export function codeOf(error: unknown): unknown {
  return Object(error).code;
}

/** A list of names, as messages show it: `"a", "b"`, or `none`. */
export function listed(names: Iterable<string>): string {
  return [...names].map((name) => JSON.stringify(name)).join(", ") || "none";
}
