/** What stands behind an option, or a command's name. */
export type CompletedValue =
  | { readonly kind: "none" | "file" | "other" }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

/** An option, its names without hyphens. */
export interface CompletedOption {
  readonly short: string | undefined;
  readonly long: string;
  readonly summary: string;
  /** Whether it may be given several times. */
  readonly repeats: boolean;
  readonly value: CompletedValue;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly argument: CompletedValue;
  readonly options: readonly CompletedOption[];
}

const flagsOf = ({ short, long }: CompletedOption) => [...(short ? [`-${short}`] : []), `--${long}`];

/** A string in single quotes, for any of the shells that read quotes as POSIX does. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Works in bash 3.2, which macOS has. What has no completion of its own is completed with file names. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap((option) => {
      if (option.value.kind === "none") return [];
      const patterns = flagsOf(option).map((flag) => `"${name} ${flag}"`);
      const words = option.value.kind === "choice" ? option.value.choices.join(" ") : "";
      return [`    ${patterns.join(" | ")}) words=${quote(words)} ;;`];
    }),
  );
  const words = commands.flatMap(({ name, argument, options }) => {
    const flags = options.flatMap(flagsOf).join(" ");
    const choices = argument.kind === "choice" ? argument.choices.join(" ") : "";
    return [`    "${name} -") words=${quote(flags)} ;;`, `    "${name} ") words=${quote(choices)} ;;`];
  });
  const names = commands.map(({ name }) => name).join(" ");
  return `# bash completion for vaner. In ~/.bashrc: source <(vaner completion bash)
_vaner() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words=""
  local start="\${word:0:1}"
  [ "$start" = "-" ] || start=""
  [ "$COMP_CWORD" -gt 1 ] || command=""
  case "$command \${COMP_WORDS[COMP_CWORD - 1]}" in
${values.join("\n")}
    *) case "$command $start" in
    " -") words='--help --version' ;;
    " ") words=${quote(names)} ;;
${words.join("\n")}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _vaner vaner
`;
}

export function zshScript(commands: readonly CompletedCommand[]): string {
  const escaped = (text: string) => text.replaceAll(/[[\]:\\]/g, "\\$&");
  const action = (value: CompletedValue) => {
    if (value.kind === "choice") return `(${value.choices.join(" ")})`;
    return value.kind === "file" ? "_files" : " ";
  };
  const specs = ({ argument, options }: CompletedCommand) => [
    ...options.flatMap((option) => {
      const value = option.value.kind === "none" ? "" : `:${option.long}:${action(option.value)}`;
      const others = option.repeats ? "*" : `(${flagsOf(option).join(" ")})`;
      return flagsOf(option).map((flag) => quote(`${others}${flag}[${escaped(option.summary)}]${value}`));
    }),
    ...(argument.kind === "none" ? [] : [quote(`*:argument:${action(argument)}`)]),
  ];
  return `#compdef vaner
# zsh completion for vaner. In ~/.zshrc, after compinit: source <(vaner completion zsh)
_vaner() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${escaped(summary)}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map((command) => `    ${command.name}) _arguments -S \\\n      ${specs(command).join(" \\\n      ")} ;;`).join("\n")}
  esac
}
compdef _vaner vaner
`;
}

export function fishScript(commands: readonly CompletedCommand[]): string {
  const text = (words: string) => `'${words.replaceAll(/['\\]/g, "\\$&")}'`;
  const value = (completed: CompletedValue) => {
    if (completed.kind === "choice") return ` -x -a ${text(completed.choices.join(" "))}`;
    if (completed.kind === "file") return " -r -F";
    return completed.kind === "other" ? " -x" : "";
  };
  const lines = commands.flatMap(({ name, summary, argument, options }) => {
    const inCommand = `complete -c vaner -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c vaner -n __fish_use_subcommand -a ${name} -d ${text(summary)}`,
      ...options.map(({ short, long, summary: what, value: completed }) => {
        const names = `${short ? ` -s ${short}` : ""} -l ${long}`;
        return `${inCommand}${names}${value(completed)} -d ${text(what)}`;
      }),
      ...(argument.kind === "file" ? [`${inCommand} -F`] : []),
      ...(argument.kind === "choice" ? [`${inCommand} -a ${text(argument.choices.join(" "))}`] : []),
    ];
  });
  return `# fish completion for vaner: vaner completion fish > ~/.config/fish/completions/vaner.fish
complete -c vaner -f
complete -c vaner -n __fish_use_subcommand -l help -d 'show help'
complete -c vaner -n __fish_use_subcommand -l version -d 'show the version'
${lines.join("\n")}
`;
}
