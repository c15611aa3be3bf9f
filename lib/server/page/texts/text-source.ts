import type { Calls, PlainDocument } from "../recognition/calls.js";
import { CallFailure } from "../recognition/failure.js";
import { elementOf, make } from "../view/element.js";
import { examples } from "./examples.js";
import { takeFiles } from "./files.js";

/** What a source of texts needs of the page. */
export interface TextSourceOptions {
  readonly calls: Calls;
  readonly take: (document: PlainDocument) => void;
  readonly failure: (failure: CallFailure) => void;
}

/** Texts that are not typed: examples, and the documents of files. */
export function offerTexts({ calls, take, failure }: TextSourceOptions): void {
  const choice = elementOf("document", HTMLSelectElement);
  let documents: readonly PlainDocument[] = [];
  const offer = (offered: readonly PlainDocument[]) => {
    documents = offered;
    elementOf("documents", HTMLElement).hidden = documents.length < 2;
    choice.replaceChildren(
      ...documents.map(({ id }, index) => new Option(`${id} (${index + 1} of ${documents.length})`)),
    );
    const [first] = documents;
    if (first) take(first);
    else failure(new CallFailure("The file has no documents.", 422));
  };
  choice.addEventListener("change", () => take(documents[choice.selectedIndex] as PlainDocument));

  for (const { name, text } of examples) {
    const button = make("button", name);
    button.type = "button";
    button.addEventListener("click", () => offer([{ id: name, text }]));
    elementOf("examples", HTMLElement).append(button);
  }
  let latest: File | undefined;
  takeFiles(elementOf("file", HTMLInputElement), async (file) => {
    latest = file;
    try {
      const read = await calls.readDocuments(file);
      if (file === latest) offer(read);
    } catch (error) {
      if (file === latest) failure(error as CallFailure);
    }
  });
}
