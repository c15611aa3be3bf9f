// @ts-check
/**
 * Packs what npm gets (packages/README.md), and writes checksums and a software bill of materials beside it. The same
 * builds pack to the same bytes.
 *
 * Usage: node scripts/pack.mjs [--build] [--local] [--out <folder>]
 *   --build   first build dist/ and the engines of all platforms that can be built here
 *   --local   pack the ordinary build in build/Release as the engine of this machine, for tests
 *   --out     where to (default: build/packages)
 * Without --local, the engines that `npm run build:native -- --target <platform>` built are packed.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fetchLlama } from "./fetch-llama.mjs";
import { platforms } from "./platforms.mjs";
import "./report-failure.mjs";
import { billOfMaterials } from "./sbom.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const library = /\.(node|so|dylib|dll)$/;
/** What npm and registries accept without a question; an engine must stay below it. */
const maxEngineBytes = 15e6;

const { values } = parseArgs({
  options: {
    build: { type: "boolean", default: false },
    local: { type: "boolean", default: false },
    out: { type: "string", default: join(root, "build", "packages") },
  },
});
const out = resolve(values.out);
const staging = join(out, "staging");

/** @param {string} path @returns {any} */
const readJson = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}

function buildAll() {
  const build = (/** @type {string[]} */ ...args) => {
    execFileSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  };
  build("scripts/build-lib.mjs");
  const names = Object.keys(platforms);
  const here = names.filter((name) => canBuild(/** @type {string} */ (platforms[name]?.os)));
  const left = names.filter((name) => !here.includes(name));
  const rest = left.length > 0 ? `; left to native runners: ${left.join(", ")}` : "";
  console.error(`engines built here: ${here.join(", ")}${rest}`);
  for (const name of here) build("scripts/build-native.mjs", "--target", name);
}

/** Whether this system builds what is published. Metal needs Apple's SDK, and zig's wrappers a shell. */
function canBuild(/** @type {string} */ os) {
  if (process.platform === "win32") return os === "win32";
  return os !== "darwin" || process.platform === "darwin";
}

/**
 * Folders that hold an engine, by platform.
 * @returns {Promise<[name: string, folder: string][]>}
 */
async function engines() {
  if (!values.local) {
    const built = Object.keys(platforms).map(
      (name) => /** @type {[string, string]} */ ([name, `build/${name}`]),
    );
    return built.filter(([, folder]) => existsSync(join(root, folder, "vaner_native.node")));
  }
  const { header } = /** @type {any} */ (process.report.getReport());
  const musl = process.platform === "linux" && !header.glibcVersionRuntime ? "-musl" : "";
  return [[`${process.platform}-${process.arch}${musl}`, "build/Release"]];
}

/**
 * Packs a folder of files and the given package.json.
 * @param {{ name: string, version: string }} manifest
 * @param {Record<string, string>} files target by source, relative to the package and to the repository
 * @param {Record<string, string>} [texts] content by target
 */
function pack(manifest, files, texts = {}) {
  const folder = join(staging, manifest.name);
  for (const [target, source] of Object.entries(files)) {
    if (!existsSync(join(root, source))) fail(`${source} is missing: run npm run build first`);
    cpSync(join(root, source), join(folder, target), { recursive: true });
  }
  for (const [target, text] of Object.entries({
    ...texts,
    "package.json": JSON.stringify(manifest, null, 2),
  })) {
    writeFileSync(join(folder, target), `${text.trimEnd()}\n`);
  }
  const shell = process.platform === "win32"; // where npm is a shell script
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", out];
  const output = execFileSync("npm", args, { cwd: folder, shell, encoding: "utf8" });
  const parsed = JSON.parse(output);
  const [{ filename, size }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  console.error(`${filename}: ${(size / 1e6).toFixed(1)} MB`);
  return { filename, size };
}

/** @param {string} name @param {string} folder @param {string} version */
function packEngine(name, folder, version) {
  const platform = platforms[name] ?? fail(`${name} is not in scripts/platforms.mjs`);
  const fill = (/** @type {string} */ path) => {
    return readFileSync(join(root, "packages", "engine", path), "utf8").replaceAll("{platform}", name);
  };
  const libraries = readdirSync(join(root, folder)).filter((file) => library.test(file));
  const manifest = {
    ...JSON.parse(fill("package.json")),
    version,
    os: [platform.os],
    cpu: [platform.cpu],
    ...(platform.libc && { libc: [platform.libc] }),
    files: [...libraries, "LICENSE-llama.cpp"],
  };
  const files = Object.fromEntries(libraries.map((file) => [file, `${folder}/${file}`]));
  const licenses = { LICENSE: "LICENSE", "LICENSE-llama.cpp": relative(root, join(fetchLlama(), "LICENSE")) };
  const { size } = pack(manifest, { ...files, ...licenses }, { "README.md": fill("README.md") });
  if (size > maxEngineBytes) fail(`the engine for ${name} has ${size} bytes: more than ${maxEngineBytes}`);
}

/** A line of SHA256SUMS. @param {string} folder @param {string} file */
function checksum(folder, file) {
  return `${createHash("sha256")
    .update(readFileSync(join(folder, file)))
    .digest("hex")}  ${file}\n`;
}

if (values.build) buildAll();
rmSync(out, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });

const source = readJson("package.json");
const model = readJson("packages/model-smollm2/package.json");
pack(
  model,
  {
    "vaner-smollm2.gguf": "models/vaner-smollm2.gguf",
    "vaner-smollm2.json": "models/vaner-smollm2.json",
    "README.md": "models/README.md",
    LICENSE: "packages/model-smollm2/LICENSE",
  },
  // for `vaner doctor`
  { SHA256SUMS: checksum(join(root, "models"), "vaner-smollm2.gguf") },
);
for (const [name, folder] of await engines()) packEngine(name, folder, source.version);

const { devDependencies, scripts, tsd, allowScripts, ...published } = source;
const main = {
  ...published,
  dependencies: { ...source.dependencies, [model.name]: model.version },
  optionalDependencies: Object.fromEntries(
    Object.keys(platforms).map((name) => [`@vaner-native/${name}`, source.version]),
  ),
};
const entries = source.files.filter((/** @type {string} */ entry) => !entry.startsWith("!"));
pack(main, Object.fromEntries([...entries, "README.md", "LICENSE"].map((entry) => [entry, entry])));
rmSync(staging, { recursive: true });

writeFileSync(join(out, "sbom.cdx.json"), `${JSON.stringify(billOfMaterials(main, model), null, 2)}\n`);
const sums = readdirSync(out)
  .sort()
  .map((file) => checksum(out, file));
writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
console.error(`packed into ${relative(process.cwd(), out) || "."}`);
