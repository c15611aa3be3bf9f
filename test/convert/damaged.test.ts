import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { convertAdapter } from "../../lib/convert/convert-adapter.js";
import { VanerError } from "../../lib/errors.js";
import { Recognizer } from "../../lib/recognizer/recognizer.js";
import { acceptedCases, type ConvertInput, layOut } from "../support/checkpoints.js";
import { damaged } from "../support/damage.js";

// `npm run fuzz -- checkpoint` sets these.
const runs = Number(process.env["VANER_FUZZ_RUNS"] ?? 120);
const seconds = Number(process.env["VANER_FUZZ_SECONDS"] || Number.POSITIVE_INFINITY);
const seed = process.env["VANER_FUZZ_SEED"];

/** Words, composed characters, and such as maps of characters and added tokens are about. */
const text = "Patients with cafe\u0301 (TNF-α, ﬁve™) were treated. 病 <mask> [MASK] ½\u0301.";

interface LaidOut {
  readonly input: ConvertInput;
  readonly files: readonly string[];
}

let folder: string;
let cases: readonly LaidOut[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-damaged-"));
  cases = acceptedCases.map((entry) => {
    const place = join(folder, entry.name);
    return { input: layOut(entry, place), files: Object.keys(entry.files).map((file) => join(place, file)) };
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`${runs} damaged checkpoints and adapters convert, or are refused with a VanerError`, async () => {
  const outcomes = new Map<string, number>();
  const property = fc.asyncProperty(fc.gen(), async (choose) => {
    const { input, files } = cases[choose(fc.nat, { max: cases.length - 1 })] as LaidOut;
    const file = files[choose(fc.nat, { max: files.length - 1 })] as string;
    const adapter = input.adapters.at(-1);
    const separately = adapter !== undefined && choose(fc.integer, { min: 0, max: 3 }) === 0;
    const bytes = readFileSync(file);
    const output = join(folder, "output.gguf");
    writeFileSync(file, damaged(file, bytes, choose));
    try {
      const { heads, causal, template } = input;
      const options = { ...(heads !== undefined && { heads }), ...(causal !== undefined && { causal }) };
      if (separately) {
        await convertAdapter({
          ...options,
          ...(template !== undefined && { template }),
          adapter,
          base: input.checkpoint,
          output,
        });
      } else {
        await convertCheckpoint({ ...input, output });
        await using recognizer = await Recognizer.load({ model: output, threads: 1 });
        await recognizer.recognize(text);
      }
      count(outcomes, "converted");
    } catch (error) {
      expect(error).toBeInstanceOf(VanerError);
      const { code, message } = error as VanerError;
      expect(code).not.toBe("ERR_VANER_INTERNAL");
      expect(message.length).toBeLessThan(5000);
      count(outcomes, code);
    } finally {
      writeFileSync(file, bytes);
      rmSync(output, { force: true });
    }
    expect(readdirSync(folder).filter((name) => name.includes("output"))).toEqual([]);
  });
  await fc.assert(property, {
    numRuns: runs,
    endOnFailure: true,
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(Number.isFinite(seconds) && {
      interruptAfterTimeLimit: 1000 * seconds,
      markInterruptAsFailure: false,
    }),
  });
  if (seed !== undefined) console.log(`seed ${seed}:`, Object.fromEntries(outcomes));
  expect(outcomes.size).toBeGreaterThan(1);
});

function count(outcomes: Map<string, number>, outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}
