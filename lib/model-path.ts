import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, invalidArgument, VanerError } from "./errors.js";
import { packageRoot } from "./package-root.js";

/** A GGUF file, by path or `file:` URL. */
export type ModelPath = string | URL;

/**
 * The absolute path of a model.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function resolveModelPath(model: ModelPath): string {
  if (typeof model === "string" && model !== "" && !model.includes("\0")) return resolve(model);
  if (typeof model === "object" && model !== null && model.protocol === "file:") {
    try {
      return fileURLToPath(model);
    } catch (error) {
      throw invalidArgument(`\`model\` is no usable file: URL: ${String(model)}.`, { cause: error });
    }
  }
  throw invalidArgument(`\`model\` must be the path or file: URL of a GGUF file, not ${describe(model)}.`);
}

/**
 * The path of the model that comes with this package.
 * @throws {VanerError} `ERR_VANER_MODEL_NOT_FOUND` where this code was moved out of its package
 */
export function defaultModelPath(): string {
  const root = packageRoot();
  if (root !== undefined) return join(root, "models", "vaner-smollm2.gguf");
  throw new VanerError(
    "ERR_VANER_MODEL_NOT_FOUND",
    "The default model cannot be found, since this code was moved out of its package (by a bundler?): pass `model`, the path of a GGUF file.",
  );
}
