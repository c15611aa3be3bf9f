/** Factor of all time limits, for an emulated CPU. */
const slowness = Number(process.env["VANER_TEST_SLOWNESS"] ?? 1);

/** @type {import("jest").Config} */
const project = {
  globals: { slowness },
  testMatch: ["**/*.test.ts"],
  transform: { "\\.ts$|/typebox/.+\\.mjs$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" } } }] },
  transformIgnorePatterns: ["/node_modules/(?!typebox/)"], // it has ES modules only
  // Sources import each other by the names that the build gives them.
  moduleNameMapper: { "^(\\.{1,2}/.+)\\.js$": ["$1.ts", "$1.js"] },
};

// How to run one file or one test: test/README.md.
/** @type {import("jest").Config} */
export default {
  maxWorkers: "100%",
  // Property-based tests on a busy machine; a test that hangs still ends.
  testTimeout: 60_000 * slowness,
  reporters: ["default", "<rootDir>/test/jest/closing-line.js"],
  coverageProvider: "v8",
  collectCoverageFrom: ["lib/**/*.ts"],
  projects: [
    {
      ...project,
      displayName: "unit",
      roots: ["<rootDir>/lib", "<rootDir>/test"],
      testPathIgnorePatterns: ["/test/end-to-end/", "/test/packages/"],
    },
    {
      // One file at a time: each loads the model, and each recognition uses all cores.
      ...project,
      displayName: "end-to-end",
      roots: ["<rootDir>/lib", "<rootDir>/test/end-to-end"],
      runner: "<rootDir>/test/jest/serial-runner.js",
    },
    {
      // What npm gets, packed and installed in an empty folder.
      ...project,
      displayName: "packages",
      roots: ["<rootDir>/lib", "<rootDir>/test/packages"],
      testPathIgnorePatterns: ["/(runtimes|packagers).test.ts$"], // npm run test:runtimes overrides it
      runner: "<rootDir>/test/jest/serial-runner.js",
    },
  ],
};
