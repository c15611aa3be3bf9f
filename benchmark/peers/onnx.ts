import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { programFolder, root, type Settings, say, workFolder } from "../settings.js";
import { openBatched } from "./batched.js";
import type { Peer } from "./peer.js";

const folder = join(root, "benchmark", "peers");

/** onnxruntime-node, as transformers.js runs it. @throws {Error} where it or the exporter is missing */
export async function openOnnx(settings: Settings, precision: "f32" | "int8"): Promise<Peer> {
  if (!existsSync(join(folder, "node_modules", "onnxruntime-node"))) {
    throw new Error("onnxruntime-node is not installed in benchmark/peers");
  }
  const graph = exportModel(settings, precision);
  const program = join(programFolder, "onnx-process.js");
  const args = [program, folder, graph, settings.sequencesPath, String(settings.threads)];
  return openBatched(`onnxruntime ${precision.toUpperCase()}`, [process.execPath, ...args], settings);
}

/** The model as ONNX, made anew where the model is newer. */
function exportModel({ model, python }: Settings, precision: "f32" | "int8"): string {
  const made = join(workFolder, "onnx");
  const [f32, int8] = [join(made, "f32.onnx"), join(made, "int8.onnx")];
  const current = existsSync(int8) && statSync(int8).mtimeMs > statSync(model).mtimeMs;
  if (!current) {
    say("exporting the model to ONNX …");
    mkdirSync(made, { recursive: true });
    execFileSync(python, [join(folder, "export_onnx.py"), model, f32, int8], { stdio: "pipe" });
  }
  return precision === "f32" ? f32 : int8;
}
