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

/** `vaner quantize`: smaller weights, heads kept. */
export function quantizeCommand(): Command {
  return new Command("quantize")
    .description("write a copy of a model with smaller weights, and measure what that costs")
    .argument("<input>", "a GGUF file, best in F32, F16 or BF16")
    .argument("<output>", "the GGUF file to write")
    .argument("<type>", "for example q8_0, q4_k_m, f16, as llama.cpp names them")
    .option("--imatrix <file>", "an importance matrix of llama.cpp's imatrix tool")
    .option("--threads <count>", "CPU threads (default: all)", readCount)
    .option("--json", "print JSON")
    .action(async (input: string, output: string, type: string, flags: QuantizeFlags) => {
      const progress = startProgress("quantizing", 1);
      try {
        const result = await quantizeModel({
          input,
          output,
          type,
          ...(flags.imatrix !== undefined && { importance: flags.imatrix }),
          ...(flags.threads !== undefined && { threads: flags.threads }),
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
    "what that does to F1, `vaner eval` measures\n",
    `\n${table}`,
  ].join("");
}
