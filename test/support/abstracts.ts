/** Texts in the style of abstracts, with entities of all four types. Written for these tests. */
export const abstracts: readonly string[] = [
  "Cisplatin-induced nephrotoxicity was seen in mice. Pretreatment with N-acetylcysteine reduced renal failure.",
  "Mutations of BRCA1 and BRCA2 cause hereditary breast and ovarian cancer. Carriers were offered tamoxifen.",
  "Ataxia-telangiectasia is caused by mutations of ATM; the patients suffer from leukemia and lymphoma.",
  "Lithium carbonate (0.3 mg/kg i.v.) caused tremor, polyuria and hypothyroidism in 12 of 40 patients.",
  "Escherichia coli, Staphylococcus aureus and Saccharomyces cerevisiae were grown at 37 °C. E. coli grew best.",
  "TNF-α and interleukin-6 activate NF-κB in human T cells. The p53 protein binds MDM2.",
  "BACKGROUND: Cocaine abuse is associated with myocardial infarction. METHODS: We reviewed 300 cases.",
  "Huntington's disease is an autosomal dominant disorder; the HD gene lies on chromosome 4p16.3.",
  "No abnormality was found.",
  "Rats treated with haloperidol developed catalepsy, which scopolamine and biperiden antagonised (P < .001).",
  "Arabidopsis thaliana WRKY33 confers resistance to Botrytis cinerea.",
  "Familial adenomatous polyposis (FAP) and the Gardner syndrome share mutations of the APC gene.",
];
