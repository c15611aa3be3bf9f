import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { contentsOf, run, temporaryFolder, unchanged } from "./support.js";

const folder = temporaryFolder();

test.each([
  ["", 0],
  ["β".repeat(121), 242],
])("a document whose id is no name of a file is set aside: %j", async (id, length) => {
  const place = mkdtempSync(join(folder, "case-"));
  const [input, out] = [join(place, "in.jsonl"), join(place, "out")];
  writeFileSync(input, [id, "1"].map((each) => `${JSON.stringify({ id: each, text: "gout" })}\n`).join(""));
  for (const resume of [false, true]) {
    const [result] = await run(unchanged, [input], out, { outputFormat: "brat", onError: "skip", resume });
    expect(result).toMatchObject({ documents: 1, rejected: 1 });
    expect(contentsOf(out)["in.rejected.jsonl"]).toContain(`it needs 1 to 240 bytes, and has ${length}.`);
  }
});
