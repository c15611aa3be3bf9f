import { loadAddon } from "../../lib/binding/loader.js";
import type { NativeLoadOptions, NativeModel } from "../../lib/binding/native-addon.js";

/** Options for one CPU thread. */
export const nativeOptions: NativeLoadOptions = {
  adapter: null,
  threads: 1,
  device: "cpu",
  gpuLayers: 0,
  mmap: false,
  int8: null,
  int8Scales: null,
  batchTokens: 128,
};

/** Loads a model directly through the addon. */
export function loadNative(path: string, options: Partial<NativeLoadOptions> = {}): Promise<NativeModel> {
  return loadAddon().load(path, { ...nativeOptions, ...options }, null).promise;
}
