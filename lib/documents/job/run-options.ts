import type { FieldNames } from "../format.js";
import type { RejectedDocument } from "./sink.js";

/** Options of {@link runFiles}. */
export interface RunFilesOptions {
  /** Name of the format of all inputs. Default: what each looks like. */
  readonly inputFormat?: string | undefined;
  /** Name of the format of all outputs. Default: by the ending of `output`, else that of the input, else `jsonl`. */
  readonly outputFormat?: string | undefined;
  /** Encoding of the inputs. Default: UTF-8, or UTF-16 with a byte order mark. */
  readonly encoding?: string | undefined;
  readonly fields?: FieldNames | undefined;
  /** As in {@link ReadOptions}. */
  readonly labels?: readonly string[] | undefined;
  /** What to do with a malformed document. Default: `fail`. */
  readonly onError?: "fail" | "skip" | undefined;
  /** Documents a file: an output is cut into `<name>-00001.<ending>` and so on. Default: all. */
  readonly shard?: number | undefined;
  /** How the files of an output folder are compressed. Default: not; the name of an output file says it. */
  readonly compress?: "gz" | "zst" | undefined;
  /** Whether to go on with unfinished outputs and leave complete ones alone. Default: false. */
  readonly resume?: boolean | undefined;
  /** Whether the transform annotates: see {@link WriteOptions}. */
  readonly annotates: boolean;
  /** What the transform depends on: with other values an unfinished output cannot be resumed. */
  readonly settings?: unknown;
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Called with a malformed document whose output is a stream; that of a file goes to `<output>.rejected.jsonl`. */
  readonly onRejected?: ((rejected: RejectedDocument) => void) | undefined;
}
