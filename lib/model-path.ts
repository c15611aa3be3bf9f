import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, invalidArgument, VanerError } from "./errors.js";
import { archiveOf, ownFile, packageRoot, unpacked } from "./package-root.js";

/** A GGUF file, as a path or `file:` URL. */
export type ModelPath = string | URL;

/**
 * The absolute path of a model or adapter.
 * @param option its name in messages
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`, `ERR_VANER_MODEL_NOT_FOUND`
 */
export function resolveModelPath(path: ModelPath, option: "model" | "adapter" = "model"): string {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return outsideArchive(resolve(path));
  if (typeof path === "object" && path !== null && path.protocol === "file:") {
    let file: string;
    try {
      file = fileURLToPath(path);
    } catch (error) {
      throw invalidArgument(`\`${option}\` is not a usable file: URL: ${describe(path.href)}.`, {
        cause: error,
      });
    }
    return outsideArchive(file);
  }
  throw invalidArgument(`\`${option}\` must be the path or file: URL of a GGUF file, not ${describe(path)}.`);
}

/** The path of a model file that native code can open. @throws {VanerError} `ERR_VANER_MODEL_NOT_FOUND` */
function outsideArchive(path: string): string {
  const file = unpacked(path);
  const archive = archiveOf(file);
  if (archive === undefined) return file;
  throw new VanerError(
    "ERR_VANER_MODEL_NOT_FOUND",
    `"${file}" leads into Electron's archive, which native code cannot read, and there is no copy in "${archive}.unpacked". Let the packager unpack it: "asarUnpack": ["**/*.gguf"] for electron-builder, asar: { unpack: "**/*.gguf" } for Electron Forge.`,
  );
}

/** The package of the default model. */
const modelPackage = "@vaner-native/model-smollm2";

/**
 * The path of the default model: in a checkout a file of it, else a package of its own.
 * @throws {VanerError} `ERR_VANER_MODEL_NOT_FOUND`
 */
export function defaultModelPath(): string {
  const root = packageRoot();
  const inCheckout = root && join(root, "models", "vaner-smollm2.gguf");
  if (inCheckout && existsSync(inCheckout)) return inCheckout;
  let installed: string;
  try {
    installed = createRequire(ownFile).resolve(modelPackage);
  } catch (cause) {
    throw new VanerError(
      "ERR_VANER_MODEL_NOT_FOUND",
      `The default model cannot be found: install its package, ${modelPackage} (beside the bundle, if this code was bundled), or pass \`model\`, the path of a GGUF file.`,
      { cause },
    );
  }
  return outsideArchive(installed);
}
