import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { inspectModel } from "../../lib/gguf/inspect.js";
import { root, type Settings, workFolder } from "../settings.js";

/** Peak arithmetic throughput of the machine for one number format, in billions of operations per second. */
export interface Peak {
  /** "f32", "int8", "bf16 in tiles" or "int8 in tiles". */
  readonly kind: string;
  readonly instruction: string;
  readonly gops: number;
}

/**
 * Compiles the program that measures the peaks, and returns a function that runs it.
 * @throws {Error} if there is no C++ compiler
 */
export function openLimits({ threads, avx2Only }: Settings): () => Peak[] {
  const program = join(workFolder, avx2Only ? "peaks-avx2" : "peaks");
  const source = join(root, "benchmark", "limits", "peaks.cpp");
  mkdirSync(workFolder, { recursive: true });
  const flags = [
    "-std=c++17",
    "-O3",
    avx2Only ? "-march=x86-64-v3" : process.arch === "arm64" ? "-mcpu=native" : "-march=native",
    "-pthread",
  ];
  execFileSync(process.env["CXX"] ?? "c++", [...flags, source, "-o", program], { stdio: "pipe" });
  return () => JSON.parse(execFileSync(program, [String(threads), "0.5"], { encoding: "utf8" }));
}

/**
 * Operations per token in matrix products with weights: one multiply and one add per weight of the layers.
 * Attention and element-wise operations are not counted.
 */
export async function operationsPerToken(model: string): Promise<number> {
  const { tensors } = await inspectModel(model);
  const matrices = tensors.filter(({ name, shape }) => name.startsWith("blk.") && shape.length > 1);
  return (
    2 * matrices.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0)
  );
}
