import type { Document, Passage } from "../document.js";
import type { DocumentFormat, DocumentInput } from "../format.js";
import { stemOf } from "../input/open.js";
import { childrenOf, textOf, unwrap } from "./xml/elements.js";
import { type XmlElement, xmlRecords } from "./xml/records.js";

/**
 * JATS, as PubMed Central has it: title, abstract, headings and paragraphs of the body, captions, and the cells of tables,
 * each a passage. References, formulas in TeX and the back matter are left out. The id is the PMC id, else the PMID, the
 * DOI, or the file's name.
 *
 * Source: ANSI/NISO Z39.96, https://jats.nlm.nih.gov/
 */
export const jats: DocumentFormat = {
  name: "jats",
  title: "JATS XML",
  extensions: ["nxml", "xml"],
  looksLike: (start) => /<!DOCTYPE\s+article\b|<article[\s>]|<pmc-articleset[\s>]/.test(start),
  read,
};

async function* read(input: DocumentInput): AsyncGenerator<Document, void, undefined> {
  for await (const { element } of xmlRecords(input, "article")) {
    const meta = childrenOf(element, "front").flatMap((front) => childrenOf(front, "article-meta"))[0];
    const passages: Passage[] = [];
    if (meta) {
      const titles = childrenOf(meta, "title-group").flatMap((group) => childrenOf(group, "article-title"));
      for (const title of titles) passages.push(...passagesIn(title, "title"));
      for (const abstract of childrenOf(meta, "abstract")) passages.push(...passagesIn(abstract, "abstract"));
    }
    for (const body of childrenOf(element, "body")) passages.push(...passagesIn(body, "paragraph"));
    yield { id: idOf(meta) ?? stemOf(input.path), passages };
  }
}

/** Kinds of ids, the best first. */
const idTypes = ["pmcid", "pmc", "pmid", "doi"];

function idOf(meta: XmlElement | undefined): string | undefined {
  const ids = meta ? childrenOf(meta, "article-id") : [];
  const found = idTypes.map((type) => ids.find(({ attributes }) => attributes["pub-id-type"] === type));
  const [best] = found.filter((id) => id !== undefined);
  return best && textOf(best).trim();
}

/** Elements whose text is a passage of its own, with its type; undefined: as what is around. */
const passageTypes: ReadonlyMap<string, string | undefined> = new Map([
  ["article-title", undefined],
  ["p", undefined],
  ["title", "heading"],
  ["td", "table"],
  ["th", "table"],
  ["term", undefined],
  ["attrib", undefined],
]);

/** Elements that say what the passages in them are. */
const surroundings: ReadonlyMap<string, string> = new Map([
  ["caption", "caption"],
  ["table-wrap-foot", "table"],
]);

/** Elements without running text. */
const leftOut: ReadonlySet<string> = new Set(["ref-list", "tex-math", "object-id", "label", "permissions"]);

/** The passages within an element, in the order of the text. One within another, such as a list in a paragraph, cuts it. */
function passagesIn(root: XmlElement, rootType: string): Passage[] {
  const passages: Passage[] = [];
  let pieces: string[] = [];
  const flush = (type: string) => {
    const text = unwrap(pieces.join(""));
    pieces = [];
    if (text !== "") passages.push({ type, text, annotations: [] });
  };
  const walk = (element: XmlElement, around: string) => {
    if (leftOut.has(element.name)) return;
    const type = passageTypes.get(element.name) ?? surroundings.get(element.name) ?? around;
    const own = passageTypes.has(element.name);
    if (own) flush(around);
    for (const child of element.children) {
      if (typeof child === "string") pieces.push(child);
      else walk(child, type);
    }
    if (own) flush(type);
  };
  walk(root, rootType);
  flush(rootType);
  return passages;
}
