import { join } from "node:path";
import { root, type Settings } from "../settings.js";
import { type BatchedPeer, openBatched } from "./batched.js";
import type { Peer } from "./peer.js";

/**
 * transformers' LlamaModel without its mask, in F32 or BF16, whichever is faster on this machine.
 * @throws {Error} if Python or a package is missing
 */
export async function openTorch(settings: Settings): Promise<Peer> {
  const f32 = await open(settings, "f32");
  // Some builds of PyTorch lack BF16 operations.
  const bf16 = await open(settings, "bf16").catch(() => undefined);
  if (!bf16) return f32;
  const slower = (await f32.probe()) <= (await bf16.probe()) ? bf16 : f32;
  await slower.close();
  return slower === bf16 ? f32 : bf16;
}

function open(settings: Settings, precision: "f32" | "bf16"): Promise<BatchedPeer> {
  const script = join(root, "benchmark", "peers", "torch_peer.py");
  const args = [script, settings.model, settings.sequencesPath, String(settings.threads), precision];
  return openBatched(`torch ${precision.toUpperCase()}`, [settings.python, ...args], settings, true);
}
