import { VanerError } from "../../errors.js";

/** An error about a checkpoint that cannot be converted. The message names the file, the cause and the remedy. */
export function checkpointError(message: string, options?: ErrorOptions): VanerError {
  return new VanerError("ERR_VANER_CHECKPOINT", message, options);
}
