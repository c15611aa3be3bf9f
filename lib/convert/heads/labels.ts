import { describe, listed } from "../../errors.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";

/** What the rows of a head stand for. */
export interface HeadLabels {
  /** Tags in row order, for example `["O", "B", "I"]`. */
  readonly labels: readonly string[];
  readonly tagging: "BIO" | "BIOE";
  /** The one entity type in the labels' names, or undefined if they have none. */
  readonly type: string | undefined;
}

/** VANER's type name for "whatever the instruction asks for". */
const untyped = "biomedical";

/** VANER's rows, which its checkpoints do not name. Source: VANER's published code. */
export const vanerLabels: readonly string[] = ["O", "B", "I"];

/** Sources of a head's labels, in order of precedence. */
export interface LabelSources {
  /** Given by the caller, in row order. */
  readonly given?: readonly string[] | undefined;
  /** `config.json`, for its `id2label`. */
  readonly config?: ConfigObject;
  /** Labels of heads of this kind with as many rows. */
  readonly usual?: readonly string[] | undefined;
}

const passLabels = "pass them in row order, for example --labels O,B,I.";

/**
 * Reads the labels of a head: `B`, `B-Disease`, `I_Disease` and so on, all of one type.
 * @param rows number of rows of the head
 * @param file named in messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` unless the labels are the tags of BIO or BIOE, each once
 */
export function readLabels({ given, config, usual }: LabelSources, rows: number, file: string): HeadLabels {
  const names = given ?? (config && configuredLabels(config)) ?? (usual?.length === rows ? usual : undefined);
  if (names === undefined) {
    throw checkpointError(`${file} does not name the labels of a head with ${rows} rows: ${passLabels}`);
  }
  if (names.length !== rows) {
    throw checkpointError(
      `${file}: the head has ${rows} rows, but there are ${names.length} labels (${listed(names)}): ${passLabels}`,
    );
  }
  const parsed = names.map((name) => parse(name, names, file));
  const types = new Set(parsed.flatMap(({ type }) => type ?? []));
  if (types.size > 1) {
    throw checkpointError(
      `${file}: the head tags several entity types at once (${listed(types)}); a head must tag one type, or the type that the instruction asks for.`,
    );
  }
  const labels = parsed.map(({ tag }) => tag);
  const tagging = labels.includes("E") ? "BIOE" : "BIO";
  const wanted = [...tagging];
  const [type] = types;
  if (labels.length !== wanted.length || !wanted.every((tag) => labels.includes(tag))) {
    throw checkpointError(
      `${file}: the labels ${listed(names)} are not O, B and I (and E), each once. If they mean these, ${passLabels}`,
    );
  }
  return { labels, tagging, type: type === untyped ? undefined : type };
}

/** The labels of a configuration (`id2label`) in row order; undefined if there are none but placeholders. */
function configuredLabels(config: ConfigObject): string[] | undefined {
  const byRow = config.optionalObject("id2label");
  if (!byRow) return undefined;
  const names = byRow.keys().map((_, row) => {
    const name = byRow.value(String(row));
    if (typeof name === "string") return name;
    throw config.error(`id2label has no string for row ${row}.`);
  });
  return names.every((name) => /^LABEL_\d+$/.test(name)) ? undefined : names;
}

function parse(
  name: string,
  names: readonly string[],
  file: string,
): { readonly tag: string; readonly type: string | undefined } {
  // Without the flag `u`, which would keep an entry for each character and fail on millions.
  const [, tag, type] = /^([BIEO])(?:[-_](.+))?$/.exec(name) ?? [];
  if (tag === undefined || (tag === "O" && type !== undefined)) {
    throw checkpointError(
      `${file}: ${describe(name)} in the labels ${listed(names)} is not a tag such as O, B-Disease or I-Disease.`,
    );
  }
  return { tag, type };
}
