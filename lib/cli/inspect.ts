import { Command } from "commander";
import { type AdapterFacts, inspectModel, type ModelFile } from "../gguf/inspect.js";
import type { TensorVerification } from "../gguf/tensor-hashes.js";
import { print, printJson, wantsColour } from "./process.js";
import { printable } from "./render.js";
import { renderFacts, renderTable } from "./table.js";

/** `vaner inspect`: shows what a GGUF file holds. */
export function inspectCommand(): Command {
  return new Command("inspect")
    .description(
      "show what a GGUF file holds: format, heads, labels, instruction templates, sizes, quantization",
    )
    .argument("<model>", "GGUF file of a model or adapter")
    .option("--verify", "read all weights and compare them with the hashes that the file stores")
    .option("--json", "print JSON, with all metadata and all tensors")
    .action(async (model: string, { verify = false, json }: { verify?: boolean; json?: boolean }) => {
      const file = await inspectModel(model, { verify });
      await (json ? printJson(file) : print(renderModel(file, wantsColour())));
      const damaged = file.verification?.damaged ?? [];
      if (damaged.length > 0)
        throw new Error(
          `${file.path} is damaged: ${damaged.length === 1 ? "a tensor" : `${damaged.length} tensors`} changed`,
        );
    });
}

type Fact = readonly [name: string, value: string | number | boolean | null | readonly (string | number)[]];

/** What a GGUF file holds, for people. */
export function renderModel(file: ModelFile, colour: boolean): string {
  const { adapter } = file;
  const facts: readonly Fact[] = [
    ["file", file.path],
    ["size", `${file.size.toLocaleString("en")} bytes`],
    ["name", file.name],
    ["license", file.license],
    ["architecture", file.architecture],
    ...(adapter ? adapterFacts(adapter) : []),
    ["format", file.format],
    ["heads", file.heads.map(explained)],
    ["labels", file.labels],
    ["types", file.types],
    ["tagging", file.tagging === null ? null : explained(file.tagging)],
    ["template", quoted(file.template)],
    ["adaptive template", quoted(file.adaptiveTemplate)],
    ["instruction attends to the input", file.instructionAttendsInput],
    ["scales of 8-bit products", file.int8Scales],
    ["trained on", file.trained],
    ["longest sequence", tokens(file.maxTokens)],
    ["longest passage", tokens(file.passageTokens)],
    ["words", file.words === null ? null : explained(file.words)],
    ["causal", file.causal],
    ["parameters", file.parameterCount.toLocaleString("en")],
    ["loads", loads(file)],
    ...(file.verification ? [["hashes", hashes(file.verification)] as const] : []),
  ];
  const shown = facts.map(([name, value]): [string, string] => [
    name,
    printable(Array.isArray(value) ? value.join(", ") || "-" : String(value ?? "-")),
  ]);
  const types = file.quantization.map(({ type, tensors, parameters, bytes }) => [
    type,
    ...[tensors, parameters, bytes].map((count) => count.toLocaleString("en")),
  ]);
  const table = renderTable(["type", "tensors", "parameters", "bytes"], types, "lrrr", colour);
  return `${renderFacts(shown)}\n${table}`;
}

function adapterFacts({ type, alpha, ranks, matrices }: AdapterFacts): Fact[] {
  return [
    ["adapter", type],
    ["alpha", alpha],
    ["ranks", ranks],
    ["adapted matrices", matrices],
  ];
}

function loads({ adapter, problem }: ModelFile): string {
  if (problem) return `no: ${problem.message} (${problem.code})`;
  return adapter ? "as an adapter, together with its model: --model MODEL --adapter FILE" : "yes";
}

function hashes({ stored, damaged }: TensorVerification): string {
  if (!stored) return "no hashes stored";
  return damaged.length === 0 ? "all tensors match" : `damaged: ${damaged.join(", ")}`;
}

/** Values of the format that do not say what they mean. */
const meanings: ReadonlyMap<string, string> = new Map([
  ["*", "one head, for the type that the instruction names"],
  ["+", "one head, for the types that the labels name"],
  ["BIO", "begin, inside, outside"],
  ["BIOE", "begin, inside, outside, end"],
  ["BIOES", "begin, inside, outside, end, single"],
  ["IO", "inside, outside"],
  ["letters-digits-v1", "a word is a run of letters and digits, or one other character"],
  ["tokens-v1", "tokens of the vocabulary are tagged, not words"],
]);

function explained(value: string): string {
  const meaning = meanings.get(value);
  return meaning === undefined ? value : `${value} (${meaning})`;
}

function tokens(count: number | null): string | null {
  return count === null ? null : `${count} tokens`;
}

function quoted(text: string | null): string | null {
  return text === null ? null : JSON.stringify(text);
}
