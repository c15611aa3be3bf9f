import { test } from "@jest/globals";

export const testOnLinux = process.platform === "linux" ? test : test.skip;

export const testExceptOnWindows = process.platform === "win32" ? test.skip : test;

/** Factor of all time limits, which jest.config.js sets. */
export const { slowness } = globalThis as unknown as { slowness: number };
