import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { quantizeModel } from "../../lib/convert/quantize.js";
import { folderOf, root, type Settings, say, workFolder } from "../settings.js";
import type { Peer, Round } from "./peer.js";
import { writePlainLlama } from "./plain-llama.js";

/** Types that are tried, besides the model's own, for the one that is fastest on this machine. */
const otherTypes = ["Q8_0", "Q4_0", "F16", "BF16", "F32"];

/** Tokens of llama-bench's own measure of prompt processing, pp512. */
const promptTokens = 512;

/**
 * llama.cpp's own llama-bench, at the commit that the engine is built on, with the model's weights
 * as they come and in the type that is fastest here.
 * @throws {Error} where it cannot be built
 */
export async function openLlamaBench(settings: Settings): Promise<Peer> {
  const program = buildLlamaBench(settings.avx2Only);
  const run = async (path: string) => {
    const answer = await runLlamaBench(program, path, settings.threads);
    peakBytes = Math.max(peakBytes, answer.peakBytes);
    version = `llama.cpp ${answer.commit}`;
    return answer.round;
  };
  let peakBytes = 0;
  let version = "";

  const plainPath = (type: string) => join(folderOf(settings.model), `llama-${type}.gguf`);
  const shipped = plainModel(settings.model, plainPath("as-it-is"));
  const tried = [{ type: "as it is", path: shipped, seconds: (await run(shipped)).seconds }];
  for (const type of otherTypes) {
    const path = plainModel(await otherType(settings.model, type), plainPath(type));
    tried.push({ type, path, seconds: (await run(path)).seconds });
  }
  peakBytes = 0; // from now on, of the chosen ones
  const best = tried.reduce((a, b) => (b.seconds < a.seconds ? b : a));
  const chosen = best.path === shipped ? [best] : [tried[0] as typeof best, best];
  return {
    name: "llama-bench",
    version,
    variants: chosen.map(({ type, path }) => ({ name: `pp${promptTokens}, ${type}`, run: () => run(path) })),
    agreement: async () => null,
    peakBytes: () => peakBytes || null,
    close: async () => {},
  };
}

function buildLlamaBench(avx2Only: boolean): string {
  const source = join(root, "build", "llama.cpp");
  const tree = join(workFolder, avx2Only ? "llama-avx2" : "llama");
  const program = join(tree, "bin", process.platform === "win32" ? "llama-bench.exe" : "llama-bench");
  if (existsSync(program)) return program;
  if (!existsSync(source)) throw new Error("llama.cpp's source is not in build/llama.cpp");
  say("building llama-bench (some minutes, once) …");
  const definitions = {
    CMAKE_BUILD_TYPE: "Release",
    BUILD_SHARED_LIBS: "OFF",
    LLAMA_BUILD_TESTS: "OFF",
    LLAMA_BUILD_EXAMPLES: "OFF",
    LLAMA_BUILD_SERVER: "OFF",
    LLAMA_OPENSSL: "OFF",
    // GCC's _tile_loadconfig (12 at least) says that it reads eight bytes, and the other stores are left out: llama.cpp's
    // kernels for AMX then die of an illegal instruction.
    ...(process.platform === "linux" && { CMAKE_CXX_FLAGS: "-fno-tree-dse -fno-dse" }),
    ...(avx2Only && {
      GGML_NATIVE: "OFF",
      GGML_AVX2: "ON",
      GGML_FMA: "ON",
      GGML_F16C: "ON",
      GGML_BMI2: "ON",
    }),
  };
  const options = Object.entries(definitions).map(([name, value]) => `-D${name}=${value}`);
  const cores = String(availableParallelism());
  runCmake(["-S", source, "-B", tree, ...options]);
  runCmake(["--build", tree, "--config", "Release", "--target", "llama-bench", "--parallel", cores]);
  return program;
}

/** What it prints is kept for the error; compilers print a lot of warnings. */
function runCmake(args: string[]): void {
  execFileSync("cmake", args, { stdio: ["ignore", "ignore", "pipe"], maxBuffer: 256 * 1024 * 1024 });
}

/** The model in another type, made once. */
async function otherType(model: string, type: string): Promise<string> {
  const output = join(folderOf(model), `${type}.gguf`);
  if (!existsSync(output)) await quantizeModel({ input: model, output, type });
  return output;
}

/** The model as llama-bench can read it, made once. */
function plainModel(model: string, output: string): string {
  if (!existsSync(output)) {
    writePlainLlama(model, `${output}.partial`);
    renameSync(`${output}.partial`, output);
  }
  return output;
}

async function runLlamaBench(program: string, model: string, threads: number) {
  const args = ["-m", model, "-p", String(promptTokens), "-n", "0", "-r", "1", "-t", String(threads)];
  const child = spawn(program, [...args, "-ngl", "0", "-o", "json"], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  let peakBytes = 0;
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid));
  }, 50);
  const status = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(signal ?? code));
  });
  clearInterval(watch);
  if (status !== 0) throw new Error(errors.trim().split("\n").at(-1) || `llama-bench ended with ${status}`);
  const [result] = JSON.parse(output);
  const round: Round = { seconds: promptTokens / result.avg_ts, tokens: promptTokens, sentences: 0 };
  return { round, commit: String(result.build_commit), peakBytes };
}

/** Most memory that a process has held, in bytes; 0 where the system does not say (only Linux does). */
function peakOf(pid: number | undefined): number {
  try {
    const kibibytes = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return 1024 * Number(kibibytes ?? 0);
  } catch {
    return 0;
  }
}
