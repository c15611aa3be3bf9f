import { errorCodes, VanerError, type VanerErrorCode } from "../errors.js";

/** Converts what the addon threw or rejected with to a {@link VanerError}; the original is its `cause`. */
export function fromNative(error: unknown): VanerError {
  if (error instanceof VanerError) return error;
  // Read by their properties: in a test runner's context the addon's errors are of another `Error` class.
  const { code, message = String(error) } = Object(error);
  if (isCode(code)) return new VanerError(code, String(message), { cause: error });
  return new VanerError("ERR_VANER_INTERNAL", `The native addon failed unexpectedly: ${message}`, {
    cause: error,
  });
}

/** Calls the addon. @throws {VanerError} for a native failure */
export function callNative<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}

function isCode(code: unknown): code is VanerErrorCode {
  return typeof code === "string" && Object.hasOwn(errorCodes, code);
}
