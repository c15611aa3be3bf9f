import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { checkSum } from "../../lib/diagnosis/checksum.js";

/** SHA-256 of "weights". */
const sum = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c";

let folder: string;
let model: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-checksum-"));
  model = join(folder, "model.gguf");
  writeFileSync(model, "weights");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a model is compared with the checksum of its package", async () => {
  const sums = join(folder, "SHA256SUMS");
  expect(await checkSum(model)).toBe(false);
  writeFileSync(sums, `${sum}  another.gguf\n`);
  expect(await checkSum(model)).toBe(false);
  writeFileSync(sums, `${"0".repeat(64)}  a model.gguf\n${sum}  model.gguf\n`);
  expect(await checkSum(model)).toBe(true);
  writeFileSync(model, "Weights");
  await expect(checkSum(model)).rejects.toMatchObject({
    code: "ERR_VANER_MODEL_CORRUPT",
    message: expect.stringContaining(sum),
  });
});
