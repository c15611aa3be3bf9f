import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/end-to-end/**"],
          typecheck: { enabled: true, include: ["test/**/*.test-d.ts"] },
          // Property-based tests on a busy machine; a test that hangs still ends.
          testTimeout: 60_000,
        },
      },
      {
        // Against the real addon and the real model: slower, and one file at a time, since each
        // file loads the model and every recognition uses all cores anyway.
        test: {
          name: "end-to-end",
          include: ["test/end-to-end/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
