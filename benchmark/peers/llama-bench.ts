import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { quantizeModel } from "../../lib/quantize/quantize.js";
import { folderOf, root, type Settings, say, workFolder } from "../settings.js";
import type { Peer, Round } from "./peer.js";
import { writePlainLlama } from "./plain-llama.js";

/** Weight types to try besides the model's own. The fastest on this machine is measured. */
const otherTypes = ["Q8_0", "Q4_0", "F16", "BF16", "F32"];

/** Prompt length of llama-bench's standard test pp512. */
const promptTokens = 512;

/**
 * llama-bench at the pinned commit of llama.cpp, with the model's weights as they are and in the type that
 * is fastest on this machine.
 * @throws {Error} if it cannot be built
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
  peakBytes = 0; // the rejected types do not count
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
  say("building llama-bench (takes minutes, first run only) …");
  const definitions = {
    CMAKE_BUILD_TYPE: "Release",
    BUILD_SHARED_LIBS: "OFF",
    LLAMA_BUILD_TESTS: "OFF",
    LLAMA_BUILD_EXAMPLES: "OFF",
    LLAMA_BUILD_SERVER: "OFF",
    LLAMA_OPENSSL: "OFF",
    // GCC 12 believes that _tile_loadconfig reads only eight bytes and drops the other stores. llama.cpp's AMX
    // kernels then crash with an illegal instruction.
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

/** Hides the output, which is full of warnings. Errors end up in the exception. */
function runCmake(args: string[]): void {
  execFileSync("cmake", args, { stdio: ["ignore", "ignore", "pipe"], maxBuffer: 256 * 1024 * 1024 });
}

/** The model with another weight type, converted at the first run. */
async function otherType(model: string, type: string): Promise<string> {
  const output = join(folderOf(model), `${type}.gguf`);
  if (!existsSync(output)) await quantizeModel({ input: model, output, type });
  return output;
}

/** The model in a form that llama-bench reads, converted at the first run. */
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

/** Peak resident memory of a process in bytes; 0 on systems other than Linux. */
function peakOf(pid: number | undefined): number {
  try {
    const kibibytes = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return 1024 * Number(kibibytes ?? 0);
  } catch {
    return 0;
  }
}
