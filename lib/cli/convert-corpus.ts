import { Command } from "commander";
import type { Document } from "../documents/document.js";
import { type DocumentFlags, documentOptions, runDocumentFiles, stopSignal } from "./document-files.js";

/** `vaner convert-corpus`: writes documents, with their annotations, in another format. */
export function convertCorpusCommand(): Command {
  const command = new Command("convert-corpus").description(
    "write documents with their annotations in another format; no model is involved",
  );
  return documentOptions(command).action(convertFiles);
}

async function convertFiles(sources: string[], flags: DocumentFlags): Promise<void> {
  const signal = stopSignal(sources, flags);
  async function* untilStopped(documents: AsyncIterable<Document>) {
    for await (const document of documents) {
      signal.throwIfAborted();
      yield document;
    }
  }
  await runDocumentFiles(sources, flags, {
    label: "converting",
    transform: untilStopped,
    annotates: false,
  });
}
