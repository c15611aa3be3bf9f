/** Texts to try, written for this page. */
export const examples: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: "Case report",
    text: `A 61-year-old woman with metastatic colorectal cancer developed severe diarrhea and neutropenia after her second dose of irinotecan. She was homozygous for UGT1A1*28. The dose was reduced, oxaliplatin was added, and her nausea was controlled with ondansetron.

Two months later a CT scan showed a smaller liver metastasis. Peripheral neuropathy, which is common under oxaliplatin, was mild.`,
  },
  {
    name: "Genetics",
    text: `Metformin lowers glucose in patients with type 2 diabetes mellitus (T2DM) by activating AMPK. In mice that lack Slc22a1, which encodes the transporter OCT1, metformin did not reach the liver. Loss-of-function variants of SLC22A1 may explain why some patients with T2DM do not respond.`,
  },
  {
    name: "Infection",
    text: `Staphylococcus aureus was isolated from the blood of three patients with endocarditis. All isolates carried mecA and were resistant to oxacillin but not to vancomycin. In zebrafish larvae, deletion of agrA made the bacteria less virulent, and daptomycin cured the sepsis.`,
  },
  {
    name: "Nested names",
    text: `Glucose-6-phosphate dehydrogenase deficiency leads to hemolysis after primaquine. Vitamin D deficiency and vitamin B12 deficiency were common in patients with ornithine transcarbamylase deficiency. Lithium toxicity was mistaken for herpes simplex virus encephalitis.`,
  },
];
