import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "@jest/globals";
import { root } from "../support/paths.js";

const scripts = join(root, "scripts");
const folder = mkdtempSync(join(tmpdir(), "vaner-scripts-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a script that fails writes to standard error. */
function failure(args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const options = { encoding: "utf8", env: { ...process.env, ...env } } as const;
  const { status, stderr } = spawnSync(process.execPath, args, options);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.any(String) });
  return stderr;
}

/** What a module with this code writes to standard error. */
function failureOf(code: string): string {
  return failure(["--input-type=module", "-e", code]);
}

const url = (script: string) => JSON.stringify(pathToFileURL(join(scripts, script)).href);

describe("build-native.mjs", () => {
  test.each(["--CDVANER_CUDA", "--CD=ON", "--CD"])("refuses %s and names the form", (option) => {
    const message = failure([join(scripts, "build-native.mjs"), option, "ON"]);
    expect(message).toBe(`${option} is not of the form --CDNAME=VALUE, as in --CDVANER_CUDA=ON.\n`);
  });
});

describe("fetch-llama.mjs", () => {
  test("notices damage to the source that was fetched, and says how to restore it", () => {
    const tree = join(folder, "tree");
    mkdirSync(tree);
    const git = (...args: string[]) => execFileSync("git", args, { cwd: tree, stdio: "ignore" });
    for (const name of ["changed.c", "missing.c", "other.c"]) writeFileSync(join(tree, name), name);
    git("init", "--quiet");
    git("add", ".");
    git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", "Test");

    const check = `import { requireUnchanged } from ${url("fetch-llama.mjs")};
      try { requireUnchanged(${JSON.stringify(tree)}); } catch (error) { console.log(error.message); }`;
    const message = () => execFileSync(process.execPath, ["--input-type=module", "-e", check]).toString();
    writeFileSync(join(tree, "untracked.c"), "");
    expect(message()).toBe("");

    writeFileSync(join(tree, "changed.c"), "damaged");
    rmSync(join(tree, "missing.c"));
    expect(message()).toContain(`${join(tree, "changed.c")} and 1 more: missing or changed`);
    git("reset", "--hard");
    expect(message()).toBe("");
    rmSync(join(tree, "missing.c"));
    expect(message()).toContain(`${join(tree, "missing.c")}: missing or changed`);
    expect(readFileSync(join(tree, "other.c"), "utf8")).toBe("other.c");
  });

  test("without a network, names what to check", () => {
    const checkout = join(folder, "checkout");
    cpSync(scripts, join(checkout, "scripts"), { recursive: true });
    const message = failure([join(checkout, "scripts", "fetch-llama.mjs")], {
      npm_config_registry: "http://127.0.0.1:9/",
      npm_config_cache: join(folder, "cache"),
      npm_config_fetch_retry_mintimeout: "1",
      npm_config_update_notifier: "false",
    });
    expect(message).toMatch(
      /could not be fetched: npm pack .* Check the network, and npm's registry and proxy/,
    );
  });
});

describe("report-failure.mjs", () => {
  const load = `import ${url("report-failure.mjs")};`;

  test.each(["EACCES", "EROFS"])("explains %s in one line that names the file", (code) => {
    const error = `Object.assign(new Error("${code}: refused, open 'x'"), { code: "${code}", path: "/x/y" })`;
    expect(failureOf(`${load} throw ${error};`)).toMatch(/^\/x\/y: .+\.\n$/);
    expect(failureOf(`${load} await Promise.reject(${error});`)).toMatch(/^\/x\/y: .+\.\n$/);
  });

  test("shows the stack of a defect", () => {
    expect(failureOf(`${load} undefined.x;`)).toMatch(/^TypeError: .+\n +at /);
  });
});
