import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { codeOf, listed, messageOf, type VanerError } from "../../errors.js";
import { ConfigObject } from "./config-object.js";
import { checkpointError } from "./errors.js";
import { exists } from "./file.js";

/** Configurations of a checkpoint, and of an adapter by peft. */
export type ConfigName = "config.json" | "adapter_config.json";

/** Folder of a hub's cache with a folder for each version of a model. */
const versions = "snapshots";

/** Folders that a message names. */
const mostNamed = 3;

/**
 * Reads the configuration of a checkpoint or adapter.
 * @param limit most bytes of the file
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` as {@link ConfigObject.read}; for a folder without one the message says
 *   what was meant, as far as it can be told
 */
export async function readConfig(
  folder: string,
  name: ConfigName = "config.json",
  limit?: number,
): Promise<ConfigObject> {
  const path = join(folder, name);
  if (await exists(path)) return ConfigObject.read(path, limit);
  throw await withoutConfig(folder, name);
}

async function withoutConfig(folder: string, name: ConfigName): Promise<VanerError> {
  try {
    const inside = await foldersWith(folder, name);
    const others = inside.length > mostNamed ? ` and ${inside.length - mostNamed} more` : "";
    const found =
      inside.length > 0
        ? `There is one in ${listed(inside.slice(0, mostNamed))}${others}: pass that folder.`
        : `Is it the ${name === "config.json" ? "checkpoint" : "adapter"}'s folder, downloaded completely?`;
    return checkpointError(`${folder} holds no ${name}. ${found}`);
  } catch (cause) {
    return checkpointError(notFolder(folder, name, cause), { cause });
  }
}

/** Folders inside that hold a configuration: those of training's steps, or versions in the cache of a hub. */
async function foldersWith(folder: string, config: ConfigName): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  const cached = names.includes(versions) ? await readdir(join(folder, versions)) : [];
  const found: string[] = [];
  for (const name of [...names, ...cached.map((version) => join(versions, version))]) {
    if (await exists(join(folder, name, config))) found.push(name);
  }
  return found;
}

function notFolder(folder: string, name: ConfigName, cause: unknown): string {
  switch (codeOf(cause)) {
    case "ENOTDIR":
      return `${folder} is a file: pass the folder with it, its ${name} and all other files.`;
    case "ENOENT":
      return `${folder} does not exist, so that its ${name} is missing. Nothing is downloaded: get a model of the hub with ${download(folder)} first.`;
    default:
      return `${folder} cannot be read: ${messageOf(cause)}.`;
  }
}

/** The command that downloads a model, if the path has the form of its name. */
function download(folder: string): string {
  const [owner, model, ...others] = folder.split("/");
  return owner && model && others.length === 0 && /^\w/.test(owner)
    ? `\`hf download ${folder} --local-dir ${basename(folder)}\``
    : "`hf download OWNER/MODEL --local-dir FOLDER`";
}
