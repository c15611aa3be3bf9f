#!/usr/bin/env node
import { types } from "node:util";
import { Command, CommanderError } from "commander";
import { VanerError, type VanerErrorCode } from "../errors.js";
import { packageVersion } from "../package-root.js";
import { endWithOutput } from "./process.js";

/** The commands in the order of the help. Loaded when needed: most of the time of a short command is its loading. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  recognize: async () => (await import("./recognize.js")).recognizeCommand(),
  annotate: async () => (await import("./annotate.js")).annotateCommand(),
  inspect: async () => (await import("./inspect.js")).inspectCommand(),
  eval: async () => (await import("./eval.js")).evalCommand(),
  convert: async () => (await import("./convert.js")).convertCommand(),
  "convert-corpus": async () => (await import("./convert-corpus.js")).convertCorpusCommand(),
  quantize: async () => (await import("./quantize.js")).quantizeCommand(),
  work: async () => (await import("./work.js")).workCommand(),
  serve: async () => (await import("./serve.js")).serveCommand(),
  bench: async () => (await import("./bench.js")).benchCommand(),
  doctor: async () => (await import("./doctor.js")).doctorCommand(),
  completion: async () => (await import("./completion.js")).completionCommand(loadCommands),
};

async function loadCommands(): Promise<Command[]> {
  return Promise.all(Object.values(commands).map((load) => load()));
}

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

async function makeProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command("vaner")
    .description(
      "Find the names of diseases, chemicals, genes and species in biomedical text. Data go to standard output, everything else to standard error.",
    )
    .version(packageVersion() ?? "unknown")
    .helpCommand(false)
    .showHelpAfterError("(see vaner --help)");
  const [first = ""] = argv;
  const wanted = Object.hasOwn(commands, first) ? [first] : Object.keys(commands);
  for (const name of wanted) program.addCommand(await (commands[name] as () => Promise<Command>)());
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "vaner: ")) });
  }
  return program;
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const program = await makeProgram(argv);
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
void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
