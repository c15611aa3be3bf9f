import { stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { invalidArgument, type VanerError } from "../../errors.js";
import type { DocumentFormat } from "../format.js";
import { standardInput, stemOf } from "../input/open.js";
import { documentFormats, formatForOutput } from "../registry.js";

/**
 * The files of a folder (not of its folders) or of a pattern, in the order of their names. The files that brat keeps
 * beside its texts are left out, and those that a job keeps beside its outputs.
 * @param sources files, folders and glob patterns
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for a source without a file
 */
export async function expandInputs(sources: readonly string[]): Promise<string[]> {
  const inputs: string[] = [];
  for (const source of sources) {
    const found = await filesOf(source);
    if (found.length === 0) throw await nothingIn(source);
    inputs.push(...found);
  }
  return inputs;
}

async function nothingIn(source: string): Promise<VanerError> {
  const name = JSON.stringify(source);
  if (await isFolder(source)) return invalidArgument(`There is no file in the folder ${name}.`);
  return invalidArgument(isDynamicPattern(source) ? `No file matches ${name}.` : `There is no file ${name}.`);
}

async function filesOf(source: string): Promise<string[]> {
  if (source === standardInput) return [source];
  const found = await stat(source).catch(() => undefined);
  if (found && !found.isDirectory()) return [source];
  const within = found
    ? { patterns: ["*"], cwd: source }
    : { patterns: [source], absolute: isAbsolute(source) };
  if (!found && !isDynamicPattern(source)) return [];
  const names = await glob({ ...within, onlyFiles: true, expandDirectories: false });
  return withoutBratFiles(names.filter((name) => !jobFile.test(name)))
    .map((name) => (found ? join(source, name) : name))
    .sort();
}

/** Files of a job that are no output: what is unfinished, and what was set aside. */
const jobFile = /\.(partial|journal|journal\.next|rejected\.jsonl)$/;

/** Files that brat keeps beside its texts: annotations, and settings of its folders. */
function withoutBratFiles(names: readonly string[]): string[] {
  const all = new Set(names);
  const isAnnotations = (name: string) => name.endsWith(".ann") && all.has(name.replace(/\.ann$/, ".txt"));
  if (!names.some(isAnnotations)) return [...names];
  return names.filter((name) => !isAnnotations(name) && !bratSettings.test(name));
}

const bratSettings = /(^|[/\\])(annotation|visual|tools|kb_shortcuts)\.conf$/;

/** Says where the output of an input goes. */
export type PathFor = (input: string, outputFormat: DocumentFormat) => string;

/**
 * Says where the output of each input goes: to the path itself if there is one input and the path is no folder, else
 * into the folder, under the input's name with the format's ending. Of a format that keeps documents in files of their
 * own, the path itself is the folder.
 * @param output `-` is standard output
 * @param compress ending of the files in a folder that says how they are compressed. Default: they are not
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` if the output has no name, or that of a file where it is a folder,
 *   if two inputs would have one output, or, from the function returned, if an output is an input
 */
export async function planOutputs(
  inputs: readonly string[],
  output: string,
  compress?: "gz" | "zst",
): Promise<PathFor> {
  if (output === "") throw invalidArgument("The output has no name: name a file or folder to write.");
  const several = inputs.length > 1;
  if (output === standardInput) {
    if (several) throw invalidArgument("Standard output takes one input: name a folder.");
    return (_input, { parts, title }) => {
      if (parts) throw invalidArgument(`${title} is a folder of files: name a folder.`);
      return output;
    };
  }
  const hasFolderName = /[/\\]$/.test(output) || (await isFolder(output));
  const toFolder = several || hasFolderName;
  if (several && !hasFolderName && (formatForOutput(output) || /\.(gz|zst)$/i.test(output))) {
    throw invalidArgument(
      `Several inputs give a folder with a file each, and ${output} has the name of a file: name a folder.`,
    );
  }
  if (compress && !toFolder)
    throw invalidArgument(`${output} is a file: its name says how it is compressed.`);
  const names = new Map<string, string>();
  for (const input of inputs) {
    const other = names.get(nameOf(input));
    if (other !== undefined) {
      throw invalidArgument(`${other} and ${input} would have the same output ${nameOf(input)}: rename one.`);
    }
    names.set(nameOf(input), input);
  }
  const sources = new Set(inputs.map((input) => resolve(input)));
  return (input, { extensions: [ending], parts, title }) => {
    if (parts) {
      if (compress) throw invalidArgument(`${title} is not compressed.`);
      if (dirname(resolve(input)) !== resolve(output)) return output;
      throw invalidArgument(`${input} is in the folder of the output: write to another one.`);
    }
    const name = [nameOf(input), ending, ...(compress ? [compress] : [])].join(".");
    const path = toFolder ? join(output, name) : output;
    if (sources.has(resolve(path))) throw invalidArgument(`${path} is an input: write to another place.`);
    return path;
  };
}

/**
 * Names the files into which an output is cut, with numbers from 1.
 * @param path of the output if it were one file
 */
export function shardPath(path: string, { extensions }: DocumentFormat): (shard: number) => string {
  const [compression = ""] = /\.(gz|zst)$/i.exec(path) ?? [];
  const name = path.slice(0, path.length - compression.length);
  const extension = extensions.find((each) => name.toLowerCase().endsWith(`.${each}`));
  const ending = extension === undefined ? extname(name) : name.slice(name.length - extension.length - 1);
  const stem = name.slice(0, name.length - ending.length);
  return (shard) => `${stem}-${String(shard + 1).padStart(5, "0")}${ending}${compression}`;
}

/** An input's name without folder, compression and ending; `.bioc.json` is one ending. */
function nameOf(input: string): string {
  if (input === standardInput) return stemOf(undefined);
  const name = basename(input).replace(/\.(gz|zst)$/i, "");
  const endings = documentFormats
    .flatMap(({ extensions }) => extensions)
    .filter((each) => each.includes("."));
  const ending = endings.find((each) => name.toLowerCase().endsWith(`.${each}`));
  return ending === undefined ? stemOf(input) : name.slice(0, name.length - ending.length - 1);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
