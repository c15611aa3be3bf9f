import { type Settings, say } from "../settings.js";
import { openLlamaBench } from "./llama-bench.js";
import { openOnnx } from "./onnx.js";
import type { Peer, Skipped } from "./peer.js";
import { openTorch } from "./torch.js";
import { openVaner } from "./vaner.js";

interface Source {
  readonly open: (settings: Settings) => Promise<Peer>;
  /** How to install it. */
  readonly remedy: string;
  /** It always uses the best instruction set of the CPU, so it cannot be restricted to AVX2. */
  readonly takesAllInstructions?: true;
}

const python =
  "python3 -m venv benchmark/peers/.venv && benchmark/peers/.venv/bin/pip install -r benchmark/peers/requirements.txt";
const onnx = `${python}; npm ci --ignore-scripts --prefix benchmark/peers`;

const sources: Readonly<Record<string, Source>> = {
  "llama-bench": { open: openLlamaBench, remedy: "npm run build:native fetches its source; it needs CMake" },
  torch: { open: openTorch, remedy: python },
  "onnx-f32": { open: (settings) => openOnnx(settings, "f32"), remedy: onnx, takesAllInstructions: true },
  "onnx-int8": { open: (settings) => openOnnx(settings, "int8"), remedy: onnx, takesAllInstructions: true },
};

export const peerNames = Object.keys(sources);

/** Starts the engine and those of the named peers that are installed. */
export async function openPeers(
  settings: Settings,
  types: readonly string[],
  names: readonly string[],
): Promise<{ ready: Peer[]; skipped: Skipped[] }> {
  const ready = [await openVaner(settings, types)];
  const skipped: Skipped[] = [];
  for (const name of names) {
    if (name === "none") continue;
    const source = sources[name];
    if (!source) throw new Error(`There is no peer ${name}, only ${peerNames.join(", ")}.`);
    if (settings.avx2Only && source.takesAllInstructions) {
      skipped.push({ name, skipped: "it cannot be restricted to AVX2" });
      continue;
    }
    try {
      say(`starting ${name} …`);
      ready.push(await source.open(settings));
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      skipped.push({ name, skipped: `${reason} (${source.remedy})` });
      say(`skipped: ${name}: ${reason}`);
    }
  }
  return { ready, skipped };
}
