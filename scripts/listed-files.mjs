// @ts-check
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Files of the checkout that git does not ignore, relative to the root.
 * @param {readonly string[]} patterns as `*.ts`
 */
export function listedFiles(patterns) {
  // -z: otherwise git quotes names that are not ASCII.
  const options = ["--cached", "--others", "--exclude-standard", "-z"];
  const listed = execFileSync("git", ["ls-files", ...options, ...patterns], { cwd: root, encoding: "utf8" });
  // A file that was deleted and not yet committed is still listed.
  return listed.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
}
