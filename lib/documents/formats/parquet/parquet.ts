import { CodePoints } from "../../code-points.js";
import { type Document, mentionOf, type Range } from "../../document.js";
import { refuseHalfPairs } from "../../encode.js";
import type { DocumentFormat, DocumentWriter } from "../../format.js";
import { joinPassages, shift, startsOf } from "../json/entities.js";
import { schema } from "./schema.js";

/** An ES module alone, which CommonJS can import when it is needed. */
type Library = typeof import("hyparquet-writer");
let library: Library | undefined;

/**
 * Parquet: `id`, `text`, and `entities`, a list of structs. Offsets count code points, as the strings of Spark and of
 * Python do.
 *
 * Source: https://parquet.apache.org/docs/file-format/
 */
export const parquet: DocumentFormat = {
  name: "parquet",
  title: "Parquet",
  extensions: ["parquet"],
  // The end of the file says where all row groups are.
  resumable: false,
  prepare: async () => {
    library ??= await import("hyparquet-writer");
  },
  writer: () => {
    if (!library) throw new Error("prepare() has to be called first");
    return new ParquetDocuments(library);
  },
};

/** Documents and code units of a row group, which is in memory until it is written. */
const documentsAGroup = 8192;
const unitsAGroup = 8 << 20;

class ParquetDocuments implements DocumentWriter {
  readonly #bytes: InstanceType<Library["ByteWriter"]>;
  readonly #writer: InstanceType<Library["ParquetWriter"]>;
  #rows: Row[] = [];
  #units = 0;

  constructor({ ByteWriter, ParquetWriter }: Library) {
    this.#bytes = new ByteWriter();
    this.#writer = new ParquetWriter({ writer: this.#bytes, schema, createdBy: "vaner-native" });
  }

  write(document: Document): string | Uint8Array {
    const row = rowOf(document);
    this.#rows.push(row);
    this.#units += row.text.length;
    if (this.#rows.length < documentsAGroup && this.#units < unitsAGroup) return "";
    this.#endGroup();
    return this.#take();
  }

  end(): Uint8Array {
    if (this.#rows.length > 0) this.#endGroup();
    this.#writer.finish();
    return this.#take();
  }

  #endGroup(): void {
    const rows = this.#rows;
    this.#rows = [];
    this.#units = 0;
    this.#writer.write({
      columnData: [
        { name: "id", data: rows.map(({ id }) => id) },
        { name: "text", data: rows.map(({ text }) => text), statistics: false },
        { name: "entities", data: rows.map(({ entities }) => entities), statistics: false },
      ],
      rowGroupSize: documentsAGroup,
    });
  }

  /** The bytes since the last call. */
  #take(): Uint8Array {
    const bytes = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return bytes;
  }
}

type Row = ReturnType<typeof rowOf>;

function rowOf(document: Document) {
  const text = joinPassages(document);
  refuseHalfPairs(text);
  const points = new CodePoints(text);
  const starts = startsOf(document.passages);
  const inPoints = ({ start, end }: Range) => ({ start: points.toPoints(start), end: points.toPoints(end) });
  const entities = document.passages.flatMap((passage, index) =>
    passage.annotations.map((annotation) => {
      const { id, type, score, identifiers = [] } = annotation;
      const ranges = shift(annotation.ranges, starts[index] ?? 0).map(inPoints);
      const [start, end] = [ranges[0]?.start, ranges.at(-1)?.end];
      return { id, type, text: mentionOf(passage, annotation), start, end, score, identifiers, ranges };
    }),
  );
  return { id: document.id, text, entities };
}
