import TestRunner from "jest-runner";

/** Runs one test file at a time in a worker process, so that a crash of native code fails its file and no other. */
export default class SerialRunner extends TestRunner {
  constructor(globalConfig, context) {
    super({ ...globalConfig, maxWorkers: 1, testTimeout: 10 * globalConfig.testTimeout }, context);
  }
}
