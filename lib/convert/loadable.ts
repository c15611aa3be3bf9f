import { inspectModel } from "../gguf/inspect.js";
import { checkpointError } from "./errors.js";

/**
 * Refuses a file that the engine would not load, before it takes the place of what is there.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export async function refuseUnloadable(path: string): Promise<void> {
  const { problem } = await inspectModel(path);
  if (problem) throw checkpointError(`What was converted would not load: ${problem.message}`);
}
