import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { root } from "./support/paths.js";

const read = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));

describe("package.json", () => {
  test("installs without running or building anything", () => {
    const { gypfile, scripts } = read("package.json");
    // Without this npm would run node-gyp for any package with a binding.gyp.
    expect(gypfile).toBe(false);
    for (const name of ["preinstall", "install", "postinstall", "prepare"])
      expect(scripts).not.toHaveProperty(name);
  });

  test("pins every version", () => {
    const { dependencies, devDependencies, overrides } = read("package.json");
    for (const version of Object.values({ ...dependencies, ...devDependencies, ...overrides })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});

describe("package-lock.json", () => {
  // npm leaves entries without a version where a registry lacks a package of another platform; `npm ci` then fails.
  test("is complete and names no registry", () => {
    const { packages } = read("package-lock.json");
    for (const [name, entry] of Object.entries<Record<string, string | object>>(packages)) {
      if (name === "") continue;
      const { version, integrity, resolved, optionalDependencies = {} } = entry;
      const missing = Object.keys(optionalDependencies).filter((other) => !packages[`node_modules/${other}`]);
      expect({ name, version, integrity, resolved, missing }).toEqual({
        name,
        version: expect.any(String),
        integrity: expect.any(String),
        missing: [],
      });
    }
  });
});
