import { describe, expect, test } from "@jest/globals";
import { jats } from "../../lib/documents/formats/jats.js";
import { medline } from "../../lib/documents/formats/medline.js";
import { readAll } from "./support.js";

const shown = async (...read: Parameters<typeof readAll>) =>
  (await readAll(...read)).map(({ id, passages, infons }) => ({
    id,
    passages: passages.map(({ type, text, infons: own }) => [type, text, ...Object.values(own ?? {})]),
    ...(infons ? { infons } : {}),
  }));

test("PubMed XML gives titles, labelled abstracts and deletions", async () => {
  const text = `<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle" "https://dtd.nlm.nih.gov/pubmed.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">11</PMID><Article>
  <ArticleTitle>Ca<sup>2+</sup> in <i>E. coli</i> &lt;5&#xb5;m.</ArticleTitle>
  <Abstract>
    <AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">One
      two.</AbstractText>
    <AbstractText>Three.</AbstractText><CopyrightInformation>Nobody.</CopyrightInformation>
  </Abstract></Article></MedlineCitation><PubmedData><ArticleIdList><ArticleId>11</ArticleId></ArticleIdList></PubmedData>
</PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>12</PMID><Article><ArticleTitle/></Article></MedlineCitation></PubmedArticle>
<PubmedBookArticle><BookDocument><PMID>13</PMID><ArticleTitle>Chapter</ArticleTitle><Abstract><AbstractText>Text.</AbstractText></Abstract></BookDocument></PubmedBookArticle>
<DeleteCitation><PMID>14</PMID><PMID>15</PMID></DeleteCitation>
</PubmedArticleSet>`;
  expect(medline.looksLike?.(text)).toBe(true);
  expect(await shown(medline, text)).toEqual([
    {
      id: "11",
      passages: [
        ["title", "Ca2+ in E. coli <5µm."],
        ["abstract", "One two.", "BACKGROUND"],
        ["abstract", "Three."],
      ],
    },
    { id: "12", passages: [] },
    {
      id: "13",
      passages: [
        ["title", "Chapter"],
        ["abstract", "Text."],
      ],
    },
    { id: "14", passages: [], infons: { deleted: "true" } },
    { id: "15", passages: [], infons: { deleted: "true" } },
  ]);
});

test("a citation without a PMID is rejected, and the next one is read", async () => {
  const text =
    "<s><PubmedArticle><MedlineCitation/></PubmedArticle><PubmedArticle><MedlineCitation><PMID>2</PMID></MedlineCitation></PubmedArticle></s>";
  await expect(readAll(medline, text)).rejects.toThrow("corpus.file:1: this citation has no PMID.");
  expect(await shown(medline, text, { reject: () => {} })).toEqual([{ id: "2", passages: [] }]);
});

describe("JATS", () => {
  const text = `<!DOCTYPE article PUBLIC "-//NLM//DTD JATS" "JATS.dtd">
<article><front><article-meta>
  <article-id pub-id-type="doi">10.1/x</article-id><article-id pub-id-type="pmc">PMC7</article-id>
  <title-group><article-title>A <italic>BRCA1</italic>
    title</article-title></title-group>
  <abstract><title>Abstract</title><sec><title>Aims</title><p>Why.</p></sec></abstract>
</article-meta></front>
<body><sec><title>Results</title>
  <p>Before <xref>1</xref> <list><list-item><p>item one</p></list-item></list> after.
    <inline-formula><tex-math>\\alpha</tex-math></inline-formula></p>
  <fig><label>Figure 1</label><caption><title>Gout.</title><p>In mice.</p></caption></fig>
  <table-wrap><table><tr><th>Gene</th><td>p53</td><td> </td></tr></table></table-wrap>
</sec></body>
<back><ref-list><ref>Not this</ref></ref-list></back></article>`;

  test("gives title, abstract, sections, captions and cells", async () => {
    expect(jats.looksLike?.(text)).toBe(true);
    expect(await shown(jats, text)).toEqual([
      {
        id: "PMC7",
        passages: [
          ["title", "A BRCA1 title"],
          ["heading", "Abstract"],
          ["heading", "Aims"],
          ["abstract", "Why."],
          ["heading", "Results"],
          ["paragraph", "Before 1"],
          ["paragraph", "item one"],
          ["paragraph", "after."],
          ["heading", "Gout."],
          ["caption", "In mice."],
          ["table", "Gene"],
          ["table", "p53"],
        ],
      },
    ]);
  });

  test("is not nested without end", async () => {
    const deep = `<article>${"<sec>".repeat(1000)}`;
    await expect(readAll(jats, deep)).rejects.toThrow("elements are nested more than 500 deep.");
  });
});
