/** Facts that a format keeps as keys and values; BioC calls them infons. */
export type Infons = Readonly<Record<string, string>>;

/** A part of a passage's text, in UTF-16 code units. */
export interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** A mention of an entity in a passage. */
export interface Annotation {
  /** Id in the document, if the format gives one. */
  readonly id?: string | undefined;
  readonly type: string;
  /** Parts of the passage's text, by start: several if the mention is discontinuous, at least one. */
  readonly ranges: readonly Range[];
  /** Confidence from 0 to 1, if a model gave it. */
  readonly score?: number | undefined;
  /** Concepts of knowledge bases that the mention stands for, for example `MESH:D001249`. */
  readonly identifiers?: readonly string[] | undefined;
  readonly infons?: Infons | undefined;
}

/** A relation between annotations, or between the concepts that they stand for. */
export interface Relation {
  readonly id?: string | undefined;
  readonly type: string;
  /** What takes part: ids of annotations or of concepts, each with its role or an empty one. */
  readonly arguments: readonly { readonly role: string; readonly reference: string }[];
  readonly infons?: Infons | undefined;
}

/** A part of a document: its title, its abstract, a paragraph, a caption. No sentence crosses its end. */
export interface Passage {
  /** As the format names it, for example `title`; empty if it does not. */
  readonly type: string;
  readonly text: string;
  /** Sentences of words, if the format gives words; `text` is then all of them joined by single spaces. */
  readonly sentences?: readonly (readonly string[])[] | undefined;
  readonly annotations: readonly Annotation[];
  readonly infons?: Infons | undefined;
}

/** A document with its passages, in the order of the text. */
export interface Document {
  /** As the format gives it; else made of the file's name and a number. */
  readonly id: string;
  readonly passages: readonly Passage[];
  readonly relations?: readonly Relation[] | undefined;
  readonly infons?: Infons | undefined;
  /** How the document was written where it comes from: its format gives it back byte for byte. */
  readonly source?: DocumentSource | undefined;
}

/** A document as its file has it. */
export interface DocumentSource {
  /** The `DocumentFormat` that read it; that file's types build on this one's. */
  readonly format: { readonly name: string };
  /** What stands in the file from the end of the document before, or the file's start, to the end of this one. */
  readonly raw: string;
  /** What was read from `raw`. Everything else was added. */
  readonly read: Pick<Document, "passages" | "relations" | "infons">;
  /** What the format needs to insert annotations into `raw`: its own. */
  readonly detail: unknown;
}

/** The mention's text; the parts of a discontinuous one are joined by single spaces. */
export function mentionOf({ text }: Pick<Passage, "text">, { ranges }: Pick<Annotation, "ranges">): string {
  return ranges.map(({ start, end }) => text.slice(start, end)).join(" ");
}
