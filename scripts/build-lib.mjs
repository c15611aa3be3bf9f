// @ts-check
/**
 * Bundles lib/ into dist/ with tsup, and the page of the server with esbuild.
 *
 * Usage: npm run build:lib
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "tsup";
import { buildPage } from "./build-page.mjs";
import "./report-failure.mjs";

const started = performance.now();
rmSync("dist", { recursive: true, force: true });
await build({ silent: true });
await buildPage();

// Where tsup splits CommonJS it makes require() of import(), which some Node.js 20 refuse for ES modules.
const required =
  /Promise\.resolve\(\)\.then\(\(\) => _interopRequireWildcard\(require\((["']hyparquet-writer["'])\)\)\)/g;
for (const name of readdirSync("dist").filter((each) => each.endsWith(".cjs"))) {
  const code = readFileSync(`dist/${name}`, "utf8").replace(required, "import($1)");
  if (/require\(["']hyparquet-writer/.test(code)) throw new Error(`dist/${name} requires an ES module.`);
  writeFileSync(`dist/${name}`, code);
}

// `import` gives what `require` gives, so that a process that does both has one VanerError and one registry.
const require = createRequire(import.meta.url);
for (const entry of ["index", "documents", "queue", "server"]) {
  const names = Object.keys(require(`../dist/${entry}.cjs`));
  writeFileSync(`dist/${entry}.js`, `export { ${names.join(", ")} } from "./${entry}.cjs";\n`);
  writeFileSync(`dist/${entry}.d.ts`, `export * from "./${entry}.cjs";\n`);
}

const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.error(`built dist in ${seconds} s`);
console.error('Try it: npx vaner recognize "Cisplatin may cause hearing loss."');
