import { callNative } from "./errors.js";
import { loadAddon } from "./loader.js";
import type { NativeDevice as Device } from "./native-addon.js";

/**
 * The compute devices of this system that have a backend, the CPU included.
 * @throws {VanerError} `ERR_VANER_NATIVE_LOAD`
 */
export function devices(): Device[] {
  const addon = loadAddon();
  return callNative(() => addon.devices());
}
