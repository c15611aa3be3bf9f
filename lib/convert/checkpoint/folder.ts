import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { codeOf, listed, messageOf, type VanerError } from "../../errors.js";
import { ConfigObject } from "./config-object.js";
import { checkpointError } from "./errors.js";
import { exists } from "./file.js";

const configName = "config.json";

/** Folder of a hub's cache with a folder for each version of a model. */
const versions = "snapshots";

/** Folders that a message names. */
const mostNamed = 3;

/**
 * Reads the configuration of a checkpoint.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` as {@link ConfigObject.read}; for a folder without one the message says
 *   what was meant, as far as it can be told
 */
export async function readConfig(folder: string): Promise<ConfigObject> {
  const path = join(folder, configName);
  if (await exists(path)) return ConfigObject.read(path);
  throw await noCheckpoint(folder);
}

async function noCheckpoint(folder: string): Promise<VanerError> {
  try {
    const inside = await withConfig(folder);
    const others = inside.length > mostNamed ? ` and ${inside.length - mostNamed} more` : "";
    const found =
      inside.length > 0
        ? `There is one in ${listed(inside.slice(0, mostNamed))}${others}: pass that folder.`
        : "Is it the checkpoint's folder, downloaded completely?";
    return checkpointError(`${folder} holds no ${configName}. ${found}`);
  } catch (cause) {
    return checkpointError(notFolder(folder, cause), { cause });
  }
}

/** Folders inside that hold a configuration: those of training's steps, or versions in the cache of a hub. */
async function withConfig(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  const cached = names.includes(versions) ? await readdir(join(folder, versions)) : [];
  const found: string[] = [];
  for (const name of [...names, ...cached.map((version) => join(versions, version))]) {
    if (await exists(join(folder, name, configName))) found.push(name);
  }
  return found;
}

function notFolder(folder: string, cause: unknown): string {
  switch (codeOf(cause)) {
    case "ENOTDIR":
      return `${folder} is a file: pass the folder of the checkpoint, with its ${configName} and its tokenizer.`;
    case "ENOENT":
      return `There is no folder ${folder}. Nothing is downloaded: get a model of the hub with ${download(folder)} first.`;
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
