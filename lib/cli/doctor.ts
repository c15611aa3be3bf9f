import { Command } from "commander";
import pc from "picocolors";
import type { NativeBackend } from "../binding/backends.js";
import { diagnose } from "../diagnosis/diagnose.js";
import type { Diagnosis, InstalledFile, Problem } from "../diagnosis/diagnosis.js";
import { loadOptions, type ModelFlags, modelOptions } from "./options.js";
import { print, printJson, wantsColour } from "./process.js";
import { printable } from "./render.js";
import { renderFacts } from "./table.js";

interface Flags extends ModelFlags {
  readonly json?: boolean;
}

/** `vaner doctor`: examines this installation. */
export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description("examine this installation: what is there, whether it works, how fast, and what to do")
    .option("--json", "print JSON");
  return modelOptions(command).action(async (flags: Flags) => {
    const diagnosis = await diagnose(loadOptions(flags));
    await (flags.json ? printJson(diagnosis) : print(renderDiagnosis(diagnosis, wantsColour())));
    const errors = diagnosis.problems.filter(({ severity }) => severity === "error").length;
    if (errors > 0) throw new Error(errors === 1 ? "there is an error" : `there are ${errors} errors`);
  });
}

/** A diagnosis, for people. */
export function renderDiagnosis(diagnosis: Diagnosis, colour: boolean): string {
  const {
    versions,
    system,
    environment,
    addon,
    cpu,
    backends,
    devices,
    model,
    checksum,
    check,
    speed,
    problems,
  } = diagnosis;
  const size = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const facts: (readonly [name: string, value: string | null])[] = [
    ["vaner-native", versions.package],
    ["Node.js", `${versions.node}, Node-API ${versions.nodeApi ?? "-"}`],
    ["llama.cpp", versions.llama && `${versions.llama}, ggml ${versions.ggml}`],
    ["system", [system.platform, system.os, system.libc].filter(Boolean).join(", ")],
    ["CPU", `${system.cpu ?? "-"}, ${system.threads} ${system.threads === 1 ? "thread" : "threads"}`],
    ["memory", `${size(system.memoryFree)} free of ${size(system.memoryTotal)}`],
    ["environment", listOf(Object.entries(environment).map(([name, value]) => `${name}=${value}`))],
    ["addon", addon && place(addon)],
    ["instruction sets", cpu && listOf(cpu.features)],
    ["used by ggml", cpu && listOf(cpu.ggmlFeatures)],
    ["products by rows", cpu && (cpu.rowProducts ?? "ggml's")],
    ["products by blocks", cpu && (cpu.blockProducts ?? "ggml's")],
    ["attention kernel", cpu?.attention ?? null],
    ["backends", backends && listOf(backends.map(renderBackend))],
    ["devices", devices && listOf(devices.map(({ name, description }) => `${name} (${description})`))],
    ["model", model && place(model)],
    ["checksum", checksum === null ? null : checksum ? "matches" : "none stored"],
    ["finds", check && listOf(check.entities.map(({ text, type }) => `${text} (${type})`))],
    [
      "speed",
      speed &&
        `${Math.round(speed.tokensPerSecond)} tokens/s, ${Math.round(speed.sentencesPerSecond)} sentences/s`,
    ],
  ];
  const shown = facts.map(([name, value]): [string, string] => [name, printable(value ?? "-")]);
  const findings =
    problems.length > 0 ? problems.map((problem) => renderProblem(problem, colour)) : ["No problems.\n"];
  return `${renderFacts(shown)}\n${findings.join("\n")}`;
}

function renderProblem({ severity, code, message }: Problem, colour: boolean): string {
  const { bold, red, yellow } = pc.createColors(colour);
  const tint = severity === "error" ? red : yellow;
  return `${bold(tint(severity))}: ${message}${code === null ? "" : ` (${code})`}\n`;
}

function renderBackend({ name, library }: NativeBackend): string {
  return library === null ? `${name}` : `${name ?? "not loaded"} (${library})`;
}

function place({ path, package: from }: InstalledFile): string {
  return from ? `${path} (${from.name} ${from.version})` : path;
}

function listOf(names: readonly string[]): string {
  return names.join(", ") || "none";
}
