import { describe, listed } from "../errors.js";
import { checkpointError } from "./errors.js";
import { type JsonObject, optionalObject } from "./json.js";

/** What the rows of a head stand for. */
export interface HeadLabels {
  /** Tags in row order, for example `["O", "B", "I"]`. */
  readonly labels: readonly string[];
  readonly tagging: "BIO" | "BIOE";
  /** The one entity type that the labels name, or undefined where they name none. */
  readonly type: string | undefined;
}

/** VANER's own name for "whatever the instruction asks for". */
const untyped = "biomedical";

/** VANER's rows, which its checkpoints do not name. Source: VANER's published code. */
export const vanerLabels = ["O", "B", "I"];

/**
 * What the rows of a head stand for, by the labels of its configuration: `B`, `B-Disease`, `I_Disease` …
 * @param config       `config.json`, for its `id2label`
 * @param rows         rows of the head
 * @param given        labels in row order that override the configuration's
 * @param usual        those of a head that nothing names; undefined: it is refused
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where the labels are no BIO or BIOE tags of one type
 */
export function readLabels(
  config: JsonObject,
  rows: number,
  given: readonly string[] | undefined,
  usual: readonly string[] | undefined,
  file: string,
): HeadLabels {
  const names = given ?? namesOf(config, file) ?? (usual?.length === rows ? usual : undefined);
  if (names === undefined) {
    throw checkpointError(
      `${file} does not name the labels of a head with ${rows} rows: pass them in row order, for example --labels O,B,I.`,
    );
  }
  if (names.length !== rows) {
    throw checkpointError(
      `${file}: the head has ${rows} rows, but there are ${names.length} labels (${listed(names)}): pass them in row order, for example --labels O,B,I.`,
    );
  }
  const parsed = names.map((name) => parse(name, names, file));
  const types = new Set(parsed.map(([, type]) => type).filter((type) => type !== undefined));
  if (types.size > 1) {
    throw checkpointError(
      `${file}: the head tags several entity types at once (${listed(types)}); a head that tags one type, or the one that an instruction asks for, is needed.`,
    );
  }
  const labels = parsed.map(([tag]) => tag);
  const tagging = labels.includes("E") ? "BIOE" : "BIO";
  const wanted = [...tagging];
  const [type] = types;
  if (labels.length !== wanted.length || !wanted.every((tag) => labels.includes(tag))) {
    throw checkpointError(
      `${file}: the labels ${listed(names)} are not O, B and I (and E), each once. If they mean these, pass them in row order, for example --labels O,B,I.`,
    );
  }
  return { labels, tagging, type: type === untyped ? undefined : type };
}

/** The labels in row order, or undefined where there are none, or only transformers' placeholders. */
function namesOf(config: JsonObject, file: string): string[] | undefined {
  const byRow = optionalObject(config, "id2label", file);
  if (!byRow) return undefined;
  const names = Object.keys(byRow).map((_, row) => {
    const name = Object.hasOwn(byRow, String(row)) ? byRow[String(row)] : undefined;
    if (typeof name === "string") return name;
    throw checkpointError(`${file}: id2label has no text for row ${row}.`);
  });
  return names.every((name) => /^LABEL_\d+$/.test(name)) ? undefined : names;
}

function parse(
  name: string,
  names: readonly string[],
  file: string,
): [tag: string, type: string | undefined] {
  const match = /^([BIEO])(?:[-_](.+))?$/u.exec(name);
  const [, tag, type] = match ?? [];
  if (tag === undefined || (tag === "O" && type !== undefined)) {
    throw checkpointError(
      `${file}: ${describe(name)} among the labels ${listed(names)} is no tag such as O, B-Disease or I-Disease.`,
    );
  }
  return [tag, type];
}
