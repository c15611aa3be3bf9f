import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { calibrated } from "../../lib/decoding/calibration.js";
import { inspectModel, Recognizer } from "../../lib/index.js";
import { GgufEditor } from "../support/gguf.js";
import { fixture } from "../support/paths.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-scores-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("scores are calibrated as the file says, and nothing else changes", async () => {
  const text = "Aspirin can cause asthma . So can other salicylates , as we found . None died .";
  const [slope, offset] = [0.75, -0.5];
  const path = join(folder, "calibrated.gguf");
  const file = new GgufEditor(fixture("tiny-f32")).setU32("vaner.format", 5);
  file.setF32s("vaner.score.slopes", [slope]).setF32s("vaner.score.offsets", [offset]);
  writeFileSync(path, file.toBytes());
  const [plain, scored] = await Promise.all([
    Recognizer.load({ model: fixture("tiny-f32") }),
    Recognizer.load({ model: path }),
  ]);
  const options = { types: ["Disease", "Chemical"], consistency: false };
  const expected = (await plain.recognize(text, options)).map((entity) => ({
    ...entity,
    score: calibrated(entity.score, { slope, offset }),
  }));
  expect(expected.length).toBeGreaterThan(0);
  expect(await scored.recognize(text, options)).toEqual(expected);
  expect(await inspectModel(path)).toMatchObject({ format: 5, problem: null });
  await Promise.all([plain.dispose(), scored.dispose()]);
});
