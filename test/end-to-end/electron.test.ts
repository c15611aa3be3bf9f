import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createPackageWithOptions } from "@electron/asar";
import { afterAll, describe, expect, test } from "@jest/globals";
import { fromElectronVersion } from "node-api-version";
import { addonPath, platformName } from "../../lib/binding/loader.js";
import { defaultModelPath } from "../../lib/model-path.js";
import { answer, ask, showArchive, text } from "../support/electron.js";
import { root } from "../support/paths.js";

const require = createRequire(import.meta.url);
const example = join(root, "examples", "electron");
const addon = addonPath();
const libraries = readdirSync(dirname(addon)).filter((file) => /\.(so|dylib|dll)$/.test(file));
const folder = mkdtempSync(join(tmpdir(), "vaner-electron-"));
afterAll(() => rmSync(folder, { recursive: true }));

const withoutModules = (path: string) => !path.includes("node_modules");
const { unpack } = require(join(example, "forge.config.cjs")).packagerConfig.asar;

describe("the example", () => {
  test("finds entities in its utility process", async () => {
    const app = join(folder, "unpacked");
    cpSync(example, app, { recursive: true, filter: withoutModules });
    mkdirSync(join(app, "node_modules"));
    symlinkSync(root, join(app, "node_modules", "vaner-native"), "junction");
    expect(await ask(app)).toEqual(answer);
  });

  test("cuts a text into entities and what lies between them", () => {
    const cut = (text: string, entities: object[]) => {
      const call = `cut(${JSON.stringify(text)}, ${JSON.stringify(entities)})`;
      const code = `import { cut } from "./cut.js"; console.log(JSON.stringify(${call}));`;
      return JSON.parse(
        execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: example }).toString(),
      );
    };
    const entities = [
      { type: "Chemical", start: 0, end: 9 },
      { type: "Disease", start: 18, end: 32 },
    ];
    expect(cut(text, entities)).toEqual([
      { text: "Cisplatin", type: "Chemical" },
      { text: "-induced " },
      { text: "nephrotoxicity", type: "Disease" },
      { text: " was seen in mice." },
    ]);
    expect(cut("", [])).toEqual([]);
  });

  test("electron-builder and Forge unpack the same files", () => {
    const { asarUnpack } = JSON.parse(readFileSync(join(example, "electron-builder.json"), "utf8"));
    expect(unpack).toBe(`{${asarUnpack.join(",")}}`);
  });
});

/** The example with a copy of the package, as packagers find it. */
function installedExample(): string {
  const app = join(folder, "app");
  cpSync(example, app, { recursive: true, filter: withoutModules });
  const installed = join(app, "node_modules", "vaner-native");
  for (const path of ["package.json", "dist"])
    cpSync(join(root, path), join(installed, path), { recursive: true });
  const addPackage = (name: string, file: string) => {
    const target = join(app, "node_modules", "@vaner-native", name);
    cpSync(file, join(target, basename(file)));
    writeFileSync(join(target, "package.json"), JSON.stringify({ name, main: basename(file) }));
  };
  addPackage(platformName(), addon);
  for (const file of libraries)
    cpSync(join(dirname(addon), file), join(app, "node_modules", "@vaner-native", platformName(), file));
  addPackage("model-smollm2", defaultModelPath());
  const copyDependencies = (manifest: string) => {
    for (const name of Object.keys(JSON.parse(readFileSync(manifest, "utf8")).dependencies ?? {})) {
      const path = join("node_modules", name);
      cpSync(join(root, path), join(app, path), { recursive: true });
      copyDependencies(join(app, path, "package.json"));
    }
  };
  copyDependencies(join(installed, "package.json"));
  return app;
}

test("a packed application loads the addon and the model from beside its archive", async () => {
  const archive = join(folder, "resources", "app.asar");
  await createPackageWithOptions(installedExample(), archive, { unpack });

  const { app, natives } = showArchive(archive, join(folder, "seen"));
  expect(natives).toHaveLength(2 + libraries.length);
  const { VANER_NATIVE_ADDON, ...env } = process.env;
  expect(await ask(app, env)).toEqual(answer);
});

describe("the addon", () => {
  const { symbols } = require("node-api-headers");
  const binary = readFileSync(addon, "latin1");
  const namesOf = (version: string): string[] => [
    ...symbols[version].js_native_api_symbols,
    ...symbols[version].node_api_symbols,
  ];
  const imports = (name: string) => binary.includes(`${name}\0`);

  test("allocates array buffers and strings in V8's memory cage only", () => {
    expect(imports("napi_create_arraybuffer")).toBe(true);
    const external = [
      "napi_create_external_arraybuffer",
      "napi_create_external_buffer",
      "node_api_create_external_sharedarraybuffer",
      "node_api_create_external_string_latin1",
      "node_api_create_external_string_utf16",
    ];
    expect(external.filter(imports)).toEqual([]);
  });

  test("uses nothing but the version of Node-API that it declares, which every supported Electron has", () => {
    const { binary: declared } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const [version] = declared.napi_versions;
    expect(readFileSync(join(root, "CMakeLists.txt"), "utf8")).toContain(`NAPI_VERSION=${version} `);

    const newest = Object.keys(symbols).at(-1) as string;
    const known = new Set(namesOf(`v${version}`));
    expect(namesOf(newest).filter((name) => imports(name) && !known.has(name))).toEqual([]);
    expect(/_ZN2v8|_ZN4node|@v8@@|@node@@/.test(binary)).toBe(false);

    // Electron 29 is the first with Node.js 20.
    expect(fromElectronVersion("29.0.0")).toBeGreaterThanOrEqual(version);
  });
});
