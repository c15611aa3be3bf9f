import { defineConfig } from "tsup";

const shared = { target: "node20", platform: "node", clean: false, sourcemap: true } as const;

export default defineConfig([
  {
    // What runs, for `require` and `import` alike: scripts/build-lib.mjs.
    ...shared,
    entry: {
      index: "lib/index.ts",
      documents: "lib/documents/index.ts",
      queue: "lib/queue/index.ts",
      server: "lib/server/index.ts",
    },
    format: "cjs",
    dts: true,
    splitting: true, // one VanerError for both entries
    define: { "import.meta.url": '""' }, // CommonJS has __filename
  },
  {
    // One file of CommonJS: Node.js starts it 10 ms sooner than ESM in chunks.
    ...shared,
    sourcemap: false,
    entry: { "cli/main": "lib/cli/main.ts" },
    format: "cjs",
  },
  {
    // Bundlers take ESM, which works in output of either kind.
    ...shared,
    entry: {
      bundler: "lib/index.ts",
      "bundler-documents": "lib/documents/index.ts",
      "bundler-queue": "lib/queue/index.ts",
      "bundler-server": "lib/server/index.ts",
    },
    format: "esm",
  },
]);
