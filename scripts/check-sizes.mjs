// @ts-check
/**
 * Checks that no source file has grown past what one subject needs.
 *
 * Usage: node scripts/check-sizes.mjs
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const limits = [
  { files: ["*.ts", "*.mjs"], lines: 300 },
  { files: ["*.cpp", "*.h"], lines: 400 },
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));

for (const { files, lines: limit } of limits) {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...files], {
    cwd: root,
    encoding: "utf8",
  });
  // A file that was deleted and not yet committed is still listed.
  for (const file of listed.split("\n").filter((line) => line !== "" && existsSync(join(root, line)))) {
    const lines = readFileSync(join(root, file), "utf8").split("\n").length - 1;
    if (lines <= limit) continue;
    console.error(`${file}: ${lines} lines, more than ${limit}: split it by subject`);
    process.exitCode = 1;
  }
}
