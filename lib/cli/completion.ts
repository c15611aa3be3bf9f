import { Argument, Command } from "commander";
import {
  bashScript,
  type CompletedCommand,
  type CompletedValue,
  fishScript,
  zshScript,
} from "./completion-scripts.js";
import { collect } from "./options.js";
import { print } from "./process.js";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Placeholders of values and arguments that are files or folders. */
const filePlaceholders: ReadonlySet<string> = new Set([
  "file",
  "folder",
  "model",
  "checkpoint",
  "input",
  "output",
]);

/**
 * `vaner completion`: prints a script that completes commands, options and values with the Tab key.
 * @param loadCommands gives all commands of the program
 */
export function completionCommand(loadCommands: () => Promise<readonly Command[]>): Command {
  return new Command("completion")
    .description("print a script for the shell that completes commands, options and values")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(scripts)))
    .action(async (shell: keyof typeof scripts) => {
      const commands = await loadCommands();
      await print(scripts[shell](commands.map(describeCommand)));
    });
}

function describeCommand(command: Command): CompletedCommand {
  const options = command.createHelp().visibleOptions(command);
  const [argument] = command.registeredArguments;
  return {
    name: command.name(),
    summary: summaryOf(command.description()),
    argument: argument ? completedValue(argument.name(), argument.argChoices) : { kind: "none" },
    options: options.map(({ short, long, description, flags, argChoices, parseArg }) => ({
      short: short?.slice(1),
      long: String(long).slice(2),
      summary: summaryOf(description),
      repeats: parseArg === collect,
      value: completedValue(/<(.+)>/.exec(flags)?.[1], argChoices),
    })),
  };
}

function completedValue(
  placeholder: string | undefined,
  choices: readonly string[] | undefined,
): CompletedValue {
  if (choices) return { kind: "choice", choices };
  if (placeholder === undefined) return { kind: "none" };
  return { kind: filePlaceholders.has(placeholder) ? "file" : "other" };
}

/** The first part of a description: completions have one line. */
function summaryOf(description: string): string {
  return (description.split(/[;:(]/, 1)[0] as string).trim();
}
