import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { rollup } from "rollup";
import { platformName, platforms } from "../../lib/binding/loader.js";
import { root } from "../support/paths.js";
import { testOnLinux } from "../support/platforms.js";
import { Installation, packed } from "./support.js";

const text = "Cisplatin-induced nephrotoxicity was seen in mice.";
const found = "Cisplatin nephrotoxicity mice";
const recognize = `
  const recognizer = await Recognizer.load();
  const entities = await recognizer.recognize(${JSON.stringify(text)});
  await recognizer.dispose();
  const found = entities.map((entity) => entity.text).join(" ");`;
const esm = `import { Recognizer } from "vaner-native"; ${recognize} console.log(found);`;
const commonJs = `
  const { Recognizer } = require("vaner-native");
  (async () => { ${recognize} console.log(found); })();`;

let tarballs: string[];
let installed: Installation;

beforeAll(() => {
  tarballs = packed();
  installed = new Installation(tarballs);
});
afterAll(() => installed.remove());

const manifest = (name: string) =>
  JSON.parse(readFileSync(join(installed.folder, "node_modules", name, "package.json"), "utf8"));

describe("the packages", () => {
  test("need no scripts, and the main one names every engine and the model", () => {
    const main = manifest("vaner-native");
    const model = manifest("@vaner-native/model-smollm2");
    expect(main.scripts).toBeUndefined();
    expect(model.scripts).toBeUndefined();
    expect(main.dependencies[model.name]).toBe(model.version);
    expect(main.optionalDependencies).toEqual(
      Object.fromEntries(platforms.map((platform) => [`@vaner-native/${platform}`, main.version])),
    );
  });

  test("hold the needed files only", () => {
    const paths = installed.files("vaner-native");
    for (const path of ["index.js", "index.cjs", "index.d.ts", "index.d.cts", "bundler.js", "cli/main.cjs"])
      expect(paths).toContain(`dist/${path}`);
    const scripts = "build-native|build-output|fetch-llama|fetch-zig|platforms|report-failure";
    const sources = `native/(?!test/).*|cmake/[\\w-]+\\.cmake|CMakeLists\\.txt|binding\\.gyp|scripts/(?:${scripts})\\.mjs|scripts/zig-requirements\\.txt`;
    const expected = new RegExp(`^(?:dist/[\\w./-]+|${sources}|package\\.json|README\\.md|LICENSE)$`);
    expect(paths.filter((path) => !expected.test(path))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining(["CMakeLists.txt", "binding.gyp", "native/addon/addon.cpp"]),
    );
    expect(installed.files("@vaner-native/model-smollm2")).toEqual([
      "LICENSE",
      "README.md",
      "SHA256SUMS",
      "package.json",
      "vaner-smollm2.gguf",
      "vaner-smollm2.json",
    ]);
  });

  // An ordinary build takes the unwinder that its compiler chooses.
  const testPortable = process.env["VANER_PACKAGES"] ? testOnLinux : test.skip;
  const engine = (file: string) =>
    join(installed.folder, "node_modules", "@vaner-native", platformName(), file);
  testPortable("hold an engine that unwinds C++ exceptions with libgcc_s, as prebuilt backends do", () => {
    expect(readFileSync(engine("vaner_native.node")).includes("libgcc_s.so.1\0")).toBe(true);
  });

  testPortable(
    "hold libraries whose operator new is their own: Node.js's throws what they cannot catch",
    () => {
      const libraries = installed
        .files(`@vaner-native/${platformName()}`)
        .filter((file) => /\.(so|node)$/.test(file));
      expect(libraries.length).toBeGreaterThan(3);
      for (const file of libraries) {
        const symbols = execFileSync("nm", ["--dynamic", engine(file)], { encoding: "utf8" });
        expect(symbols).toMatch(/ggml|napi/);
        expect(symbols).not.toMatch(/ _Z(nw|na|dl|da)/);
      }
    },
  );

  test("hold every script that a build imports", () => {
    const scripts = join(installed.folder, "node_modules", "vaner-native", "scripts");
    for (const file of readdirSync(scripts)) {
      const source = readFileSync(join(scripts, file), "utf8");
      for (const [, imported] of source.matchAll(/(?:from|import) "\.\/([^"]+)"/g))
        expect(readdirSync(scripts)).toContain(imported);
    }
  });

  test("pass publint and are-the-types-wrong", () => {
    const main = tarballs.find((file) => /vaner-native-\d/.test(file)) as string;
    const bin = (name: string) => join(root, "node_modules", ".bin", name);
    const shell = process.platform === "win32";
    execFileSync(bin("publint"), ["run", main, "--strict"], { shell });
    execFileSync(bin("attw"), [main], { shell });
  });

  test("are the same bytes when packed again", () => {
    if (process.env["VANER_PACKAGES"]) return;
    const sums = join(root, "build", "packages-local", "SHA256SUMS");
    const before = readFileSync(sums, "utf8");
    packed();
    expect(readFileSync(sums, "utf8")).toBe(before);
  });
});

describe("the installed packages", () => {
  test("can be imported", async () => {
    expect(await installed.script("esm.mjs", esm)).toBe(found);
  });

  test("can be required", async () => {
    expect(await installed.script("commonjs.cjs", commonJs)).toBe(found);
  });

  test("have a command line", async () => {
    const vaner = join("node_modules", "vaner-native", "dist", "cli", "main.cjs");
    expect(await installed.node(vaner, "recognize", "--json", text)).toContain('"nephrotoxicity"');
  });

  test("share classes, instructions and the addon between import and require", async () => {
    const script = `
      import { createRequire } from "node:module";
      import * as imported from "vaner-native";
      const required = createRequire(import.meta.url)("vaner-native");
      required.instructions.register({ id: "shared", entityType: "Organ", template: "Find {entityType}: " });
      imported.devices();
      required.devices();
      console.log([
        imported.VanerError === required.VanerError,
        imported.instructions.list().some(({ id }) => id === "shared"),
        await imported.Recognizer.load({ model: 3 }).catch((error) => error instanceof required.VanerError),
        await required.Recognizer.load({ signal: AbortSignal.abort("mine") }).catch((reason) => reason),
        process.report.getReport().sharedObjects.filter((file) => file.includes("vaner_native")).length,
      ].join());`;
    expect(await installed.script("both.mjs", script)).toBe("true,true,true,mine,1");
  });

  test("have documents as an entry of their own, with the same classes", async () => {
    installed.write("corpus.txt", "1|t|He has gout.\n1|t|x\n");
    const script = `
      import { createRequire } from "node:module";
      import * as imported from "vaner-native/documents";
      const required = createRequire(import.meta.url)("vaner-native/documents");
      const { VanerError } = createRequire(import.meta.url)("vaner-native");
      const reading = imported.readDocuments("none.txt");
      console.log([
        imported.annotate === required.annotate,
        await reading.next().catch((error) => error instanceof VanerError && error.code),
        (await imported.readDocuments("corpus.txt").next()).value.passages[0].text,
      ].join());`;
    expect(await installed.script("documents.mjs", script)).toBe("true,ERR_VANER_DOCUMENT,He has gout.");
  });

  test("say what the server needs, by import, require and the command line", async () => {
    const script = `
      import { createRequire } from "node:module";
      import * as imported from "vaner-native/server";
      const required = createRequire(import.meta.url)("vaner-native/server");
      const { VanerError } = createRequire(import.meta.url)("vaner-native");
      const failure = await imported.createServer({ docs: true }).catch((error) => error);
      console.log([imported.createServer === required.createServer, failure instanceof VanerError].join());
      console.log(failure.message);`;
    const packages = "npm install fastify @fastify/helmet @fastify/swagger prom-client";
    const [same, message] = (await installed.script("server.mjs", script)).split("\n");
    expect(same).toBe("true,true");
    expect(message).toContain(`${packages} @fastify/swagger-ui (`);
    const vaner = join("node_modules", "vaner-native", "dist", "cli", "main.cjs");
    await expect(installed.node(vaner, "serve")).rejects.toThrow(packages);
  });

  test("run in a worker thread", async () => {
    installed.write(
      "worker.mjs",
      `import { parentPort } from "node:worker_threads"; ${esm.replace("console.log", "parentPort.postMessage")}`,
    );
    const script = `
      import { Worker } from "node:worker_threads";
      new Worker(new URL("worker.mjs", import.meta.url)).on("message", (found) => console.log(found));`;
    expect(await installed.script("main.mjs", script)).toBe(found);
  });

  test("run in a child process", async () => {
    installed.write("child.mjs", esm.replace("console.log", "process.send"));
    const script = `
      import { fork } from "node:child_process";
      fork(new URL("child.mjs", import.meta.url)).on("message", (found) => console.log(found));`;
    expect(await installed.script("parent.mjs", script)).toBe(found);
  });

  test.each([
    ["node16", "node16", "use.mts"],
    ["node16", "node16", "use.cts"],
    ["nodenext", "nodenext", "use.mts"],
    ["esnext", "bundler", "use.ts"],
  ])("have types for module %s, resolution %s in %s", async (module, moduleResolution, file) => {
    const use = `
      import { Recognizer, VanerError, type Entity, type RecognizeOptions } from "vaner-native";
      export async function find(text: string, options: RecognizeOptions): Promise<Entity[]> {
        const recognizer = await Recognizer.load({ threads: 1 });
        try { return await recognizer.recognize(text, options); }
        catch (error) { if (error instanceof VanerError) console.error(error.code); throw error; }
      }`;
    const typeRoots = JSON.stringify([join(root, "node_modules", "@types")]);
    const options = `"strict": true, "exactOptionalPropertyTypes": true, "noEmit": true, "target": "es2022"`;
    installed.write(
      "tsconfig.json",
      `{ "compilerOptions": { ${options}, "module": "${module}", "moduleResolution": "${moduleResolution}",
         "types": ["node"], "typeRoots": ${typeRoots} }, "files": ["${file}"] }`,
    );
    installed.write(file, use);
    const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
    expect(await installed.node(tsc, "--project", "tsconfig.json")).toBe("");
  });
});

describe("a bundle", () => {
  test.each(["esm", "cjs"] as const)("of esbuild in %s, with the package external", async (format) => {
    const outfile = join(installed.folder, `esbuild.${format === "esm" ? "mjs" : "cjs"}`);
    const entry = installed.write("entry.mjs", inFunction);
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: "node",
      format,
      external: ["vaner-native"],
    });
    expect(await installed.node(outfile)).toBe(found);
  });

  test.each(["esm", "cjs"] as const)("of esbuild in %s, with the package inside", async (format) => {
    const outfile = join(installed.folder, `esbuild-inside.${format === "esm" ? "mjs" : "cjs"}`);
    const entry = installed.write("entry.mjs", inFunction);
    await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format, logLevel: "error" });
    expect(await installed.node(outfile)).toBe(found);
  });

  test.each(["es", "cjs"] as const)("of rollup in %s, with the package external", async (format) => {
    const file = join(installed.folder, `rollup.${format === "es" ? "mjs" : "cjs"}`);
    const input = installed.write("entry.mjs", inFunction);
    const bundle = await rollup({ input, external: ["vaner-native"] });
    await bundle.write({ file, format });
    expect(await installed.node(file)).toBe(found);
  });
});

const inFunction = `
  import { Recognizer } from "vaner-native";
  async function main() { ${recognize} console.log(found); }
  main();`;
