import type { Document, Passage } from "../document.js";
import { documentError } from "../errors.js";
import type { DocumentFormat, DocumentInput, ReadOptions } from "../format.js";
import { parseRecords } from "../parse-records.js";
import { childOf, childrenOf, textOf, unwrap } from "./xml/elements.js";
import { type XmlElement, type XmlRecord, xmlRecords } from "./xml/records.js";

/**
 * PubMed and MEDLINE XML: baseline and update files of the NLM, and what E-utilities give. A citation has its title and
 * the parts of its abstract, each with its label; the id is the PMID. A citation that an update file deletes is a
 * document without passages, with the infon `deleted`.
 *
 * Source: https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html
 */
export const medline: DocumentFormat = {
  name: "medline",
  title: "PubMed XML",
  extensions: ["xml"],
  looksLike: (start) =>
    /<!DOCTYPE\s+PubmedArticleSet\b|<(PubmedArticleSet|PubmedArticle|MedlineCitation)[\s>]/.test(start),
  read,
};

const recordNames = ["PubmedArticle", "PubmedBookArticle", "MedlineCitation", "DeleteCitation"];

async function* read(
  input: DocumentInput,
  { reject }: ReadOptions,
): AsyncGenerator<Document, void, undefined> {
  const citations = parseRecords(
    xmlRecords(input, ...recordNames),
    (record) => citationsOf(record, input.name),
    (error, { raw }) => reject(error, raw),
  );
  for await (const some of citations) yield* some;
}

/** One citation, or all those that an update file deletes. */
function citationsOf(record: XmlRecord, file: string): Document[] {
  if (record.element.name !== "DeleteCitation") return [citationOf(record, file)];
  const pmids = childrenOf(record.element, "PMID");
  return pmids.map((pmid) => ({ id: textOf(pmid).trim(), passages: [], infons: { deleted: "true" } }));
}

function citationOf({ element, line }: XmlRecord, file: string): Document {
  const citation = childOf(element, "MedlineCitation") ?? childOf(element, "BookDocument") ?? element;
  const pmid = childOf(citation, "PMID");
  if (!pmid) throw documentError({ file, line }, "this citation has no PMID.");
  const article = childOf(citation, "Article") ?? citation;
  const titles = childrenOf(article, "ArticleTitle").map((title) => passageOf(title, "title"));
  const parts = childrenOf(article, "Abstract").flatMap((abstract) => childrenOf(abstract, "AbstractText"));
  const passages = [...titles, ...parts.map((part) => passageOf(part, "abstract"))];
  return { id: textOf(pmid).trim(), passages: passages.filter(({ text }) => text !== "") };
}

function passageOf(element: XmlElement, type: string): Passage {
  const label = element.attributes["Label"];
  return {
    type,
    text: unwrap(textOf(element)),
    annotations: [],
    ...(label === undefined ? {} : { infons: { label } }),
  };
}
