/** Prints the counts in one plain line, below jest's own summary. */
export default class ClosingLine {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests }) {
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
    process.once("exit", () => {
      process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed${skipped}\n`);
    });
  }
}
