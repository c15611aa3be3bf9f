import { afterEach } from "@jest/globals";

const steps: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of steps.splice(0).reverse()) await step();
});

/** Runs `step` when the current test ends, passed or failed; the last step first. */
export function onTestFinished(step: () => unknown): void {
  steps.push(step);
}
