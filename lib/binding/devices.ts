import { callNative } from "./errors.js";
import { loadAddon } from "./loader.js";
import type { NativeDevice } from "./native-addon.js";

/** A compute device that can be asked for by its name when a model is loaded. */
export type Device = NativeDevice;

/**
 * The compute devices of this system that there is a backend for, the CPU included.
 * @throws {VanerError} `ERR_VANER_NATIVE_LOAD`
 */
export function devices(): Device[] {
  const addon = loadAddon();
  return callNative(() => addon.devices());
}
