import { expect } from "@jest/globals";
import { VanerError } from "../../lib/errors.js";

/** The VanerError that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<VanerError> {
  const error = await promise.then(
    () => {
      throw new Error("Expected a rejection");
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(VanerError);
  return error as VanerError;
}

/** Expects the error for a checkpoint that is damaged or cannot be converted. */
export async function expectRefusal(reading: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await failureOf(reading);
  expect(error).toMatchObject({ code: "ERR_VANER_CHECKPOINT", message: expect.stringMatching(message) });
}
