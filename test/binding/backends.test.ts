import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { backendPackages, backendVersion, fittingLibraries } from "../../lib/binding/backends.js";
import { backendWarnings } from "../../lib/diagnosis/problems.js";
import { root } from "../support/paths.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function install(name: string, version: string): void {
  mkdirSync(join(folder, name, "dist"), { recursive: true });
  writeFileSync(join(folder, name, "package.json"), JSON.stringify({ name, version }));
}

function resolve(name: string): string {
  readFileSync(join(folder, name, "package.json")); // throws if it is not installed
  return join(folder, name, "dist", "index.js");
}

test("backends are those of the llama.cpp that this package is built from", () => {
  const script = readFileSync(join(root, "scripts", "fetch-llama.mjs"), "utf8");
  expect(script).toContain(`"node-llama-cpp@${backendVersion}"`);
});

test("finds the installed packages of the platform, and loads only those of the right version", () => {
  expect(backendPackages("linux-x64", resolve)).toEqual([]);
  install("@node-llama-cpp/linux-x64-vulkan", backendVersion);
  install("@node-llama-cpp/linux-x64-cuda", "3.0.0");
  const packages = backendPackages("linux-x64", resolve);
  const library = (name: string, file: string) => join(folder, "@node-llama-cpp", name, "bins", name, file);
  const vulkan = library("linux-x64-vulkan", "libggml-vulkan.so");
  expect(packages).toEqual([
    {
      name: "@node-llama-cpp/linux-x64-cuda",
      version: "3.0.0",
      library: library("linux-x64-cuda", "libggml-cuda.so"),
    },
    { name: "@node-llama-cpp/linux-x64-vulkan", version: backendVersion, library: vulkan },
  ]);
  expect(fittingLibraries(packages)).toEqual([vulkan]);
  expect(backendPackages("linux-x64-musl", resolve)).toEqual([]);

  install("@node-llama-cpp/win-x64-cuda", backendVersion);
  expect(fittingLibraries(backendPackages("win32-x64", resolve))).toEqual([
    library("win-x64-cuda", "ggml-cuda.dll"),
  ]);

  const driver = "libcuda.so.1: cannot open shared object file";
  const messages = backendWarnings(packages, [
    { name: "CPU", library: null, deviceCount: 1, problem: null },
    { name: null, library: vulkan, deviceCount: 0, problem: driver },
  ]).map(({ message }) => message);
  expect(messages).toEqual([
    `The GPU backend of @node-llama-cpp/linux-x64-cuda 3.0.0 is not used, since it is built from another ggml: npm install @node-llama-cpp/linux-x64-cuda@${backendVersion}.`,
    `The backend ${vulkan} is of no use: ${driver}.`,
  ]);
});
