import { inspectModel } from "../../gguf/inspect.js";
import { checkpointError } from "../checkpoint/errors.js";

/**
 * Refuses a file that the engine would not load, before it replaces an existing file.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export async function refuseUnloadable(path: string): Promise<void> {
  const { problem } = await inspectModel(path);
  if (problem) throw checkpointError(`The converted file would not load: ${problem.message}`);
}
