// @ts-check
/**
 * Bundles lib/ into dist/ with tsup.
 *
 * Usage: npm run build:lib
 */
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "tsup";
import "./report-failure.mjs";

const started = performance.now();
rmSync("dist", { recursive: true, force: true });
await build({ silent: true });

// `import` gives what `require` gives, so that a process that does both has one VanerError and one registry.
const names = Object.keys(createRequire(import.meta.url)("../dist/index.cjs"));
writeFileSync("dist/index.js", `export { ${names.join(", ")} } from "./index.cjs";\n`);
writeFileSync("dist/index.d.ts", 'export * from "./index.cjs";\n');

const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.error(`built dist in ${seconds} s`);
console.error('Try it: npx vaner recognize "Cisplatin may cause hearing loss."');
