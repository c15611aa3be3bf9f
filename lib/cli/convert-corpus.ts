import { Command } from "commander";
import { type DocumentFlags, documentOptions, runDocumentFiles } from "./document-files.js";

/** `vaner convert-corpus`: writes documents, with their annotations, in another format. */
export function convertCorpusCommand(): Command {
  const command = new Command("convert-corpus").description(
    "write documents with their annotations in another format; no model is involved",
  );
  return documentOptions(command).action((sources: string[], flags: DocumentFlags) =>
    runDocumentFiles(sources, flags, {
      label: "converting",
      transform: (documents) => documents,
      annotates: false,
    }),
  );
}
