import { writeFileSync } from "node:fs";
import { GgufEditor } from "../../test/support/gguf.js";

/** Keys that plain `llama` models do not have. */
const ownKey = /^(vaner\.|llama-embed\.(classifier\.|attention\.causal$|pooling_type$))/;

/**
 * Copies a model of format 1 as a plain `llama` model without its head, which llama-bench can read.
 * Weights keep their names and values.
 */
export function writePlainLlama(from: string, to: string): void {
  const file = new GgufEditor(from);
  const entries = [...file.metadata].filter(([key]) => !ownKey.test(key));
  file.metadata.clear();
  for (const [key, value] of entries) file.metadata.set(key.replace(/^llama-embed\./, "llama."), value);
  file.setString("general.architecture", "llama");
  for (const { name } of [...file.tensors]) {
    if (name.startsWith("cls.")) file.removeTensor(name);
  }
  writeFileSync(to, file.toBytes());
}
