import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { root } from "./support/paths.js";

const read = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));

describe("package.json", () => {
  test("installs without scripts and without a build", () => {
    const { gypfile, scripts } = read("package.json");
    // By default npm runs node-gyp for a package with a binding.gyp.
    expect(gypfile).toBe(false);
    for (const name of ["preinstall", "install", "postinstall", "prepare"])
      expect(scripts).not.toHaveProperty(name);
  });

  // `npm run x` runs prex before it.
  test("guards npm's own commands only", () => {
    const { scripts } = read("package.json");
    const hooks = Object.keys(scripts).filter((name) => /^(pre|post)/.test(name));
    for (const name of hooks) expect(scripts).not.toHaveProperty([name.replace(/^(pre|post)/, "")]);
  });

  test("pins every version exactly", () => {
    const { dependencies, devDependencies, overrides } = read("package.json");
    for (const version of Object.values({ ...dependencies, ...devDependencies, ...overrides })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});

describe("package-lock.json", () => {
  // npm writes entries without a version if the registry lacks a package of another platform; `npm ci` then fails.
  test("is complete and independent of a registry", () => {
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
