import { defineConfig } from "tsup";

const shared = { target: "node20", platform: "node", clean: false, sourcemap: true, shims: true } as const;

export default defineConfig([
  {
    ...shared,
    entry: { index: "lib/index.ts", "cli/main": "lib/cli/main.ts" },
    format: "esm",
    dts: { entry: { index: "lib/index.ts" } },
  },
  {
    // The command line is ESM only: nobody requires it.
    ...shared,
    entry: { index: "lib/index.ts" },
    format: "cjs",
    dts: true,
  },
]);
