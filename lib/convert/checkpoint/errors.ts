import { VanerError } from "../../errors.js";

/** Characters of a message, with some room for the remedy at its end. */
const most = { start: 1500, end: 500 };

/**
 * An error about a checkpoint that cannot be converted. The message names the file, the cause and the remedy; its middle
 * is left out where it quotes very much of the file.
 */
export function checkpointError(message: string, options?: ErrorOptions): VanerError {
  return new VanerError("ERR_VANER_CHECKPOINT", withoutMiddle(message), options);
}

function withoutMiddle(message: string): string {
  const { start, end } = most;
  return message.length > start + end ? `${message.slice(0, start)} … ${message.slice(-end)}` : message;
}
