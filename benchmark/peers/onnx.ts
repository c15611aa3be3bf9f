import { execFileSync } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { folderOf, programFolder, root, type Settings, say } from "../settings.js";
import { openBatched } from "./batched.js";
import type { Peer } from "./peer.js";

const folder = join(root, "benchmark", "peers");

/** onnxruntime-node, as transformers.js runs it. @throws {Error} if it or the exporter is missing */
export async function openOnnx(settings: Settings, precision: "f32" | "int8"): Promise<Peer> {
  if (!existsSync(join(folder, "node_modules", "onnxruntime-node"))) {
    throw new Error("onnxruntime-node is not installed in benchmark/peers");
  }
  const graph = exportModel(settings, precision);
  const program = join(programFolder, "onnx-process.js");
  const args = [program, folder, graph, settings.sequencesPath, String(settings.threads)];
  return openBatched(`onnxruntime ${precision.toUpperCase()}`, [process.execPath, ...args], settings);
}

/** The model as ONNX, exported at the first run. */
function exportModel({ model, python }: Settings, precision: "f32" | "int8"): string {
  const [f32, int8] = [join(folderOf(model), "f32.onnx"), join(folderOf(model), "int8.onnx")];
  if (!existsSync(int8)) {
    say("exporting the model to ONNX …");
    execFileSync(python, [join(folder, "export_onnx.py"), model, f32, `${int8}.partial`], { stdio: "pipe" });
    renameSync(`${int8}.partial`, int8);
  }
  return precision === "f32" ? f32 : int8;
}
