import { defineConfig } from "tsup";

const shared = { target: "node20", platform: "node", clean: false, sourcemap: true } as const;

export default defineConfig([
  {
    // What runs, for `require` and `import` alike: scripts/build-lib.mjs.
    ...shared,
    entry: { index: "lib/index.ts" },
    format: "cjs",
    dts: true,
  },
  {
    // The command line is ESM only: nobody requires it. Bundlers take ESM, which works in output of either kind.
    ...shared,
    entry: { bundler: "lib/index.ts", "cli/main": "lib/cli/main.ts" },
    format: "esm",
  },
]);
