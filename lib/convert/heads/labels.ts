import { severalTypes } from "../../decoding/scheme.js";
import { describe, listed } from "../../errors.js";
import { isStorable } from "../../gguf/metadata.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { type LabelRow, parseLabels, taggingOf } from "./label-names.js";

/** What the rows of a head stand for. */
export interface HeadLabels {
  /** In row order: tags, for example `["O", "B", "I"]`; with types if `type` is `+`. */
  readonly labels: readonly string[];
  readonly tagging: "BIO" | "BIOE" | "BIOES" | "IO";
  /** The one entity type in the labels' names; undefined if they have none; `+` if the labels are tags of types. */
  readonly type: string | undefined;
}

/** VANER's type name for "whatever the instruction asks for". */
const untyped = "biomedical";

/** VANER's rows, which its checkpoints do not name. Source: VANER's published code. */
export const vanerLabels: readonly string[] = ["O", "B", "I"];

/** Most rows of a head that a file of the format may have. */
const mostLabels = 4096;

/** Sources of a head's labels, in order of precedence, and how to read them. */
export interface LabelSources {
  /** Given by the caller, in row order. */
  readonly given?: readonly string[] | undefined;
  /** `config.json`, for its `id2label`. */
  readonly config?: ConfigObject;
  /** Labels of heads of this kind with as many rows. */
  readonly usual?: readonly string[] | undefined;
  /** Entity type of labels that name none. */
  readonly entityType?: string | undefined;
  /** Whether a type has to be named: the model has no instruction that would say it. */
  readonly needsType?: boolean | undefined;
  /** Whether tokens are tagged: spans then follow the rules of heads over several types, not those of VANER2. */
  readonly tagTokens?: boolean | undefined;
}

function passLabels(rows: number): string {
  const example = rows === 2 ? "--labels O,Disease" : "--labels O,B,I or --labels O,B-Disease,I-Disease";
  return `pass them in row order, for example ${example}.`;
}

/**
 * Reads the labels of a head: O, and tags with or without types, in any of the usual schemes and spellings.
 * @param rows number of rows of the head
 * @param file named in messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for labels that are something else
 */
export function readLabels(sources: LabelSources, rows: number, file: string): HeadLabels {
  const { given, config, usual, entityType } = sources;
  const names =
    given ?? (config && configuredLabels(config, rows)) ?? (usual?.length === rows ? usual : undefined);
  if (names === undefined) {
    throw checkpointError(
      `${file} does not name the labels of a head with ${rows} rows: ${passLabels(rows)}`,
    );
  }
  if (names.length !== rows) {
    throw checkpointError(
      `${file}: the head has ${rows} rows, but there are ${names.length} labels (${listed(names)}): ${passLabels(rows)}`,
    );
  }
  if (rows > mostLabels) {
    throw checkpointError(`${file}: the head has ${rows} rows; at most ${mostLabels} are supported.`);
  }
  const odd = names.find((name) => !isStorable(name));
  if (odd !== undefined) {
    throw checkpointError(
      `${file}: the label ${describe(odd)} holds a NUL or half a surrogate pair, which no GGUF file can hold: ${passLabels(rows)}`,
    );
  }
  const parsed = parseLabels(names, given !== undefined, file);
  const tagging = taggingOf(parsed);
  const types = [...new Set(parsed.flatMap(({ type }) => type ?? []))];
  const [named, ...others] = types;
  const type = others.length > 0 || named === untyped ? undefined : named;
  if (entityType !== undefined && named !== undefined && named !== untyped && type !== entityType) {
    throw checkpointError(
      `${file}: the labels name the entity types ${listed(types)}, not ${JSON.stringify(entityType)}: leave out --entity-type.`,
    );
  }
  const tags = parsed.map(({ tag }) => tag);
  const whole = tags.length === tagging.length && [...tagging].every((tag) => tags.includes(tag as "O"));
  const single = type ?? entityType;
  const usualRules =
    single === undefined
      ? named === untyped || !sources.needsType
      : !sources.tagTokens && single !== severalTypes;
  if (others.length === 0 && whole && (tagging === "BIO" || tagging === "BIOE") && usualRules) {
    return { labels: tags, tagging, type };
  }
  if (others.length === 0 && single === undefined) {
    throw checkpointError(
      `${file}: the labels ${listed(names)} name no entity type: say it, for example --entity-type Disease, or pass labels with types, for example --labels O,B-Disease,I-Disease.`,
    );
  }
  const typed = ({ tag, type: own }: LabelRow) =>
    tag === "O" ? tag : `${tag}-${others.length > 0 ? own : single}`;
  return { labels: parsed.map(typed), tagging, type: severalTypes };
}

/** The labels of a configuration (`id2label`) in row order; undefined if there are none but placeholders. */
function configuredLabels(config: ConfigObject, rows: number): string[] | undefined {
  const byRow = config.optionalObject("id2label");
  if (!byRow) return undefined;
  const names = byRow.keys().map((_, row) => {
    const name = byRow.value(String(row));
    if (typeof name === "string") return name;
    throw config.error(`id2label has no string for row ${row}. Name all labels: ${passLabels(rows)}`);
  });
  return names.every((name) => /^LABEL_\d+$/.test(name)) ? undefined : names;
}
