import { join } from "node:path";
import { root, type Settings } from "../settings.js";
import { openBatched } from "./batched.js";
import type { Peer } from "./peer.js";

/** transformers' LlamaModel without its mask. @throws {Error} where Python or a package is missing */
export function openTorch(settings: Settings, precision: "f32" | "bf16"): Promise<Peer> {
  const script = join(root, "benchmark", "peers", "torch_peer.py");
  const args = [script, settings.model, settings.sequencesPath, String(settings.threads), precision];
  return openBatched(`torch ${precision.toUpperCase()}`, [settings.python, ...args], settings);
}
