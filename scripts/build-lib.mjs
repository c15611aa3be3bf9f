// @ts-check
/**
 * Bundles lib/ into dist/ with tsup.
 *
 * Usage: npm run build:lib
 */
import { rmSync } from "node:fs";
import { build } from "tsup";

const started = performance.now();
rmSync("dist", { recursive: true, force: true });
await build({ silent: true });

const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.error(`built dist in ${seconds} s`);
console.error('Try it: npx vaner recognize "Cisplatin may cause hearing loss."');
