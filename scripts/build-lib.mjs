// @ts-check
/**
 * Bundles lib/ into dist/ with tsup.
 *
 * Usage: npm run build:lib
 */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const started = performance.now();
process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
rmSync("dist", { recursive: true, force: true });
await build({ silent: true });

const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.error(`built dist in ${seconds} s`);
console.error('Try it: npx vaner recognize "Cisplatin may cause hearing loss."');
