// @ts-check
/**
 * Checks that no source file has grown past what one subject needs.
 *
 * Usage: node scripts/check-sizes.mjs
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listedFiles, root } from "./listed-files.mjs";

const limits = [
  { files: ["*.ts", "*.mjs"], lines: 300 },
  { files: ["*.cpp", "*.h"], lines: 400 },
];

for (const { files, lines: limit } of limits) {
  for (const file of listedFiles(files)) {
    const lines = readFileSync(join(root, file), "utf8").split("\n").length - 1;
    if (lines <= limit) continue;
    console.error(`${file}: ${lines} lines, more than ${limit}: split it by subject`);
    process.exitCode = 1;
  }
}
