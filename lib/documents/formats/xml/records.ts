import { SaxesParser } from "saxes";
import { documentError } from "../../errors.js";
import type { DocumentInput } from "../../format.js";
import { TextQueue } from "../../input/text-queue.js";

/** An element of a record. Positions are in the record's raw text, in UTF-16 code units. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Elements and texts, in their order. Comments and processing instructions are left out. */
  readonly children: readonly (XmlElement | string)[];
  /** Of the start tag's `<`. */
  readonly start: number;
  /** Behind the content: of the end tag's `<`. That of `<name/>` is behind the tag. */
  readonly contentEnd: number;
  /** Behind the end tag. */
  readonly end: number;
}

/** A file of records, so far as it was read. */
export interface XmlFile {
  /** What stands before the first record. */
  header: string | undefined;
  /** What stands behind the last record; undefined until all of the file was read. */
  footer: string | undefined;
  /** Names of the elements around the records, the outermost first. */
  around: readonly string[];
}

/** An element that holds a document. */
export interface XmlRecord {
  readonly file: XmlFile;
  readonly element: XmlElement;
  /** What the file has since the record before, or, of the first one, since the header. */
  readonly raw: string;
  /** Line of the record's start tag. */
  readonly line: number;
}

/**
 * Reads the records of an XML file, in bounded memory. Nothing is fetched, and no entity is expanded but those of XML
 * itself.
 * @param names of the elements that are records; those within a record are part of it
 * @throws {VanerError} `ERR_VANER_DOCUMENT`, with the line, where the file is not well-formed
 */
export async function* xmlRecords(
  input: DocumentInput,
  ...names: readonly string[]
): AsyncGenerator<XmlRecord, void, undefined> {
  const builder = new RecordBuilder(input.name, names);
  for await (const piece of input.text) yield* builder.read(piece);
  yield* builder.end();
}

/** Elements within each other in a record: far more than documents have. */
const deepest = 500;

type OpenElement = { -readonly [Key in keyof XmlElement]: XmlElement[Key] } & {
  children: (XmlElement | string)[];
};

class RecordBuilder {
  readonly #parser = new SaxesParser({ position: true });
  readonly #name: string;
  readonly #recordNames: readonly string[];
  readonly #file: XmlFile = { header: undefined, footer: undefined, around: [] };
  /** The text since the last record, or since the header, and where it starts in the file. */
  readonly #raw = new TextQueue();
  #rawStart = 0;
  /** Open elements around the records, and those of a record. */
  #around: string[] = [];
  #open: OpenElement[] = [];
  #line = 0;
  #finished: XmlRecord[] = [];

  constructor(file: string, recordNames: readonly string[]) {
    this.#name = file;
    this.#recordNames = recordNames;
    this.#parser.on("error", (cause) => {
      const problem = cause.message.replace(/^\d+:\d+: /, "");
      const place = { file, line: this.#parser.line };
      throw documentError(place, `this is not well-formed XML: ${problem}`, { cause });
    });
    this.#parser.on("opentag", ({ name, attributes }) =>
      this.#openElement(name, attributes as Record<string, string>),
    );
    this.#parser.on("closetag", ({ isSelfClosing }) => this.#closeElement(isSelfClosing));
    this.#parser.on("text", (text) => this.#addText(text));
    this.#parser.on("cdata", (text) => this.#addText(text));
  }

  *read(piece: string): Generator<XmlRecord> {
    this.#raw.push(piece);
    this.#parser.write(piece);
    yield* this.#finished.splice(0);
  }

  *end(): Generator<XmlRecord> {
    this.#parser.close();
    this.#file.footer = this.#raw.take(this.#raw.length);
    yield* this.#finished.splice(0);
  }

  /** Where the parser is, in the raw text. */
  get #position(): number {
    return this.#parser.position - this.#rawStart;
  }

  #openElement(name: string, attributes: Record<string, string>): void {
    let start = this.#raw.lastIndexOf("<", this.#position);
    if (this.#open.length === 0) {
      if (!this.#recordNames.includes(name)) {
        this.#around.push(name);
        return;
      }
      this.#line = this.#parser.line;
      if (this.#file.header === undefined) {
        this.#file.header = this.#cut(start);
        this.#file.around = [...this.#around];
        start = 0;
      }
    }
    if (this.#open.length === deepest) {
      const place = { file: this.#name, line: this.#parser.line };
      throw documentError(place, `elements are nested more than ${deepest} deep.`);
    }
    this.#open.push({ name, attributes, children: [], start, contentEnd: 0, end: 0 });
  }

  #closeElement(isSelfClosing: boolean): void {
    const element = this.#open.pop();
    if (!element) {
      this.#around.pop();
      return;
    }
    element.end = this.#position;
    element.contentEnd = isSelfClosing ? element.end : this.#raw.lastIndexOf("<", element.end);
    const parent = this.#open.at(-1);
    if (parent) parent.children.push(element);
    else this.#finished.push({ file: this.#file, element, raw: this.#cut(element.end), line: this.#line });
  }

  #addText(text: string): void {
    this.#open.at(-1)?.children.push(text);
  }

  /** Takes the raw text up to a position. */
  #cut(end: number): string {
    this.#rawStart += end;
    return this.#raw.take(end);
  }
}
