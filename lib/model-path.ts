import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, invalidArgument, VanerError } from "./errors.js";
import { packageRoot } from "./package-root.js";

/** A GGUF file, as a path or `file:` URL. */
export type ModelPath = string | URL;

/**
 * The absolute path of a model or adapter.
 * @param option its name in messages
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function resolveModelPath(path: ModelPath, option: "model" | "adapter" = "model"): string {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return resolve(path);
  if (typeof path === "object" && path !== null && path.protocol === "file:") {
    try {
      return fileURLToPath(path);
    } catch (error) {
      throw invalidArgument(`\`${option}\` is not a usable file: URL: ${String(path)}.`, { cause: error });
    }
  }
  throw invalidArgument(`\`${option}\` must be the path or file: URL of a GGUF file, not ${describe(path)}.`);
}

/**
 * The path of the model that comes with this package.
 * @throws {VanerError} `ERR_VANER_MODEL_NOT_FOUND` if this code was moved out of its package
 */
export function defaultModelPath(): string {
  const root = packageRoot();
  if (root !== undefined) return join(root, "models", "vaner-smollm2.gguf");
  throw new VanerError(
    "ERR_VANER_MODEL_NOT_FOUND",
    "The default model cannot be found, because this code was moved out of its package (by a bundler?): pass `model`, the path of a GGUF file.",
  );
}
