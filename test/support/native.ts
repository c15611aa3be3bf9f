import { loadAddon } from "../../lib/binding/loader.js";
import type { NativeLoadOptions, NativeModel } from "../../lib/binding/native-addon.js";

/** Loads a model through the addon itself, on one thread of the CPU. */
export function loadNative(path: string, options: Partial<NativeLoadOptions> = {}): Promise<NativeModel> {
  const defaults: NativeLoadOptions = {
    adapter: null,
    threads: 1,
    device: "cpu",
    gpuLayers: 0,
    mmap: false,
    int8: null,
    int8Scales: null,
    batchTokens: 128,
  };
  return loadAddon().load(path, { ...defaults, ...options }, null).promise;
}
