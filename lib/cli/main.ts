#!/usr/bin/env node
import { types } from "node:util";
import { Command, CommanderError } from "commander";
import { VanerError, type VanerErrorCode } from "../errors.js";
import { convertCommand } from "./convert.js";
import { evalCommand } from "./eval.js";
import { inspectCommand } from "./inspect.js";
import { endWithOutput, packageVersion } from "./process.js";
import { quantizeCommand } from "./quantize.js";
import { recognizeCommand } from "./recognize.js";

/** Exit statuses. Commander's own errors are wrong usage too. */
const failure = 1;
const wrongUsage = 2;

/** Errors about the command line, not about a file or this system. */
const usageCodes: ReadonlySet<VanerErrorCode> = new Set<VanerErrorCode>([
  "ERR_VANER_INVALID_ARGUMENT",
  "ERR_VANER_UNKNOWN_TYPE",
  "ERR_VANER_UNKNOWN_DATASET",
  "ERR_VANER_UNKNOWN_INSTRUCTION",
]);

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command("vaner")
    .description(
      "Find the names of diseases, chemicals, genes and species in biomedical text. Data go to standard output, everything else to standard error.",
    )
    .version(packageVersion())
    .helpCommand(false)
    .showHelpAfterError("(see vaner --help)")
    .addCommand(recognizeCommand())
    .addCommand(inspectCommand())
    .addCommand(evalCommand())
    .addCommand(convertCommand())
    .addCommand(quantizeCommand());
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "vaner: ")) });
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongUsage;
    process.stderr.write(`vaner: ${describeError(error)}\n`);
    return error instanceof VanerError && usageCodes.has(error.code) ? wrongUsage : failure;
  }
}

function describeError(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  return "code" in error ? `${error.message} (${String(error.code)})` : error.message;
}

endWithOutput();
// Not process.exit(): it could cut off output that is still on its way through a pipe.
process.exitCode = await main(process.argv.slice(2));
