// @ts-check
/**
 * Publishes build/packages with provenance: engines and model first, so that nobody meets a main package without them.
 * Versions that npm has already are left alone; a release that broke off can be run again.
 *
 * Usage: npm run publish:all, in the release workflow
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "build", "packages");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const tag = process.env["GITHUB_REF_NAME"];
if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, but package.json says ${version}`);

const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8").trim().split("\n");
const files = sums.map((line) => {
  const [sum, file = ""] = line.split("  ");
  const actual = createHash("sha256")
    .update(readFileSync(join(folder, file)))
    .digest("hex");
  if (actual !== sum) throw new Error(`${file} is not what SHA256SUMS says`);
  return file;
});
const tarballs = files.filter((file) => file.endsWith(".tgz"));
const isMain = (/** @type {string} */ file) => file === `vaner-native-${version}.tgz`;
for (const file of [...tarballs.filter((file) => !isMain(file)), ...tarballs.filter(isMain)]) {
  const spec = /^vaner-native-(?:(.+)-)?(\d+\.\d+\.\d+)\.tgz$/.exec(file);
  if (!spec) throw new Error(`${file} has an unknown name`);
  const name = spec[1] ? `@vaner-native/${spec[1]}` : "vaner-native";
  if (isPublished(`${name}@${spec[2]}`)) {
    console.error(`${file} is published already`);
    continue;
  }
  execFileSync("npm", ["publish", join(folder, file), "--provenance", "--access", "public"], {
    stdio: "inherit",
  });
}

/** @param {string} spec */
function isPublished(spec) {
  try {
    return execFileSync("npm", ["view", spec, "version"], { encoding: "utf8", stdio: "pipe" }).trim() !== "";
  } catch (error) {
    if (String(/** @type {any} */ (error).stderr).includes("E404")) return false;
    throw error;
  }
}
