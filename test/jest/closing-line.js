/** Prints the counts in one plain line, below jest's own summary. */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    // A file that cannot run has no failed tests; it counts as one failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : "";
    process.once("exit", () => {
      process.stdout.write(`${results.numPassedTests} passed, ${failed} failed${skipped}\n`);
    });
  }
}
