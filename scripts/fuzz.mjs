// @ts-check
/**
 * Feeds damaged files to the readers: each is refused with a typed error, or it loads and recognizes. What crashes,
 * hangs, leaks or takes too much memory ends the run, and the file that did it stays in build/fuzz.
 *
 * Usage: npm run fuzz -- <gguf | adapter | checkpoint> [--runs <count>] [--seconds <count>] [--seed <number>]
 *   gguf, adapter   native, with clang's libFuzzer and sanitizers; the corpus in build/fuzz grows from run to run
 *   checkpoint      the readers of `vaner convert`, in TypeScript
 *   --runs          number of files; default: no limit, for checkpoint 2000
 *   --seconds       time limit; default: none
 *   --seed          default: another one each time; it is printed
 *
 * One file again: build/cmake/Fuzz/native/test/fuzz/fuzz_gguf build/fuzz/gguf/crash-…
 *
 * Environment: CC and CXX name clang, default clang and clang++; those of npm run build:native.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const targets = ["gguf", "adapter", "checkpoint"];
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string" }, seconds: { type: "string" }, seed: { type: "string" } },
});
const target = positionals[0] ?? "";
if (positionals.length !== 1 || !targets.includes(target)) {
  console.error(
    `Usage: npm run fuzz -- <${targets.join(" | ")}> [--runs <count>] [--seconds <count>] [--seed <number>]`,
  );
  process.exit(2);
}
const seed = values.seed ?? String(randomInt(1, 2 ** 31));
process.exitCode = target === "checkpoint" ? fuzzCheckpoints() : fuzzNative();

/** @param {string} file @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(file, args, env = process.env) {
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: "inherit", env });
  if (error) throw error;
  return status ?? 1;
}

function fuzzNative() {
  const built = run(process.execPath, [join("scripts", "build-native.mjs"), "--fuzz"]);
  if (built !== 0) return built;
  const programs = join(root, "build", "cmake", "Fuzz", "native", "test", "fuzz");
  const folder = join(root, "build", "fuzz", target);
  const corpus = join(folder, "corpus");
  mkdirSync(corpus, { recursive: true });
  const seeded = run(join(programs, "make_seeds"), [target, corpus]);
  if (seeded !== 0) return seeded;
  return run(join(programs, `fuzz_${target}`), [
    corpus,
    `-artifact_prefix=${folder}/`,
    `-seed=${seed}`,
    `-runs=${values.runs ?? -1}`,
    `-max_total_time=${values.seconds ?? 0}`,
    "-max_len=65536",
    "-timeout=60",
    "-rss_limit_mb=4096",
    "-print_final_stats=1",
  ]);
}

function fuzzCheckpoints() {
  const jest = join(root, "node_modules", "jest", "bin", "jest.js");
  return run(process.execPath, [jest, "test/convert/damaged.test.ts", "--testTimeout=2147483647"], {
    ...process.env,
    VANER_FUZZ_RUNS: values.runs ?? "2000",
    VANER_FUZZ_SECONDS: values.seconds ?? "",
    VANER_FUZZ_SEED: seed,
  });
}
