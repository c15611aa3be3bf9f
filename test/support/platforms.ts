import { test } from "@jest/globals";

export const testOnLinux = process.platform === "linux" ? test : test.skip;

export const testExceptOnWindows = process.platform === "win32" ? test.skip : test;
