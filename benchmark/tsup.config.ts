import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    run: "benchmark/run.ts",
    annotate: "benchmark/annotate.ts",
    server: "benchmark/server.ts",
    "server-process": "benchmark/server-process.ts",
    "vaner-process": "benchmark/peers/vaner-process.ts",
    "onnx-process": "benchmark/peers/onnx-process.ts",
  },
  outDir: "build/benchmark/js",
  format: "esm",
  target: "node20",
  platform: "node",
  shims: true,
  silent: true,
});
