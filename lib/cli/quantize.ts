import { Command } from "commander";
import { type QuantizeResult, quantizeModel } from "../quantize/quantize.js";
import { interruptSignal } from "./interrupt.js";
import { readCount } from "./options.js";
import { print, printJson, wantsColour } from "./process.js";
import { startProgress } from "./progress.js";
import { renderTable } from "./table.js";

interface QuantizeFlags {
  readonly imatrix?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** `vaner quantize`: writes a smaller copy of a model. */
export function quantizeCommand(): Command {
  return new Command("quantize")
    .description("write a quantized, smaller copy of a model, and measure how much its weights differ")
    .argument("<input>", "GGUF file to quantize, best in F32, F16 or BF16")
    .argument("<output>", "GGUF file to write")
    .argument("<type>", "llama.cpp's name of the new type, for example q8_0, q4_k_m or f16")
    .option(
      "--imatrix <file>",
      "importance matrix, made by llama.cpp's imatrix tool; the smallest types need one",
    )
    .option("--threads <count>", "number of CPU threads (default: all)", readCount)
    .option("--json", "print the result as JSON")
    .action(async (input: string, output: string, type: string, flags: QuantizeFlags) => {
      const progress = startProgress("quantizing", 1);
      try {
        const result = await quantizeModel({
          input,
          output,
          type,
          importance: flags.imatrix,
          threads: flags.threads,
          onProgress: (share) => progress.update(share),
          signal: interruptSignal(),
        });
        progress.stop();
        for (const warning of result.warnings) process.stderr.write(`vaner: warning: ${warning}\n`);
        await (flags.json ? printJson(result) : print(render(result)));
      } finally {
        progress.stop();
      }
    });
}

function render({ path, sizeBefore, sizeAfter, quantization, loss }: QuantizeResult): string {
  const count = (value: number) => value.toLocaleString("en");
  const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;
  const worst = loss.worst ? `; worst tensor ${loss.worst.tensor}, ${percent(loss.worst.relativeError)}` : "";
  const table = renderTable(
    ["type", "tensors", "parameters", "bytes"],
    quantization.map(({ type, tensors, parameters, bytes }) => [
      type,
      ...[tensors, parameters, bytes].map(count),
    ]),
    "lrrr",
    wantsColour(),
  );
  return [
    `${path}\n`,
    `${count(sizeBefore)} bytes -> ${count(sizeAfter)} bytes (${percent(sizeAfter / sizeBefore)})\n`,
    `weights differ by ${percent(loss.relativeError)} (root mean square)${worst}\n`,
    "to see the effect on F1, run `vaner eval`\n",
    `\n${table}`,
  ].join("");
}
