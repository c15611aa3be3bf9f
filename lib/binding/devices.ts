import { callNative } from "./errors.js";
import { loadAddon } from "./loader.js";
import type { NativeDevice } from "./native-addon.js";

/** A compute device. `Recognizer.load` takes its name. */
export type Device = NativeDevice;

/**
 * The compute devices of this system that have a backend, the CPU included.
 * @throws {VanerError} `ERR_VANER_NATIVE_LOAD`
 */
export function devices(): Device[] {
  const addon = loadAddon();
  return callNative(() => addon.devices());
}
