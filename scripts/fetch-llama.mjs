// @ts-check
/**
 * Puts the pinned llama.cpp source tree into build/llama.cpp, unpatched.
 *
 * The source comes from the npm registry: the package node-llama-cpp carries a git bundle of one
 * llama.cpp release. Only that one tarball is downloaded (`npm pack`), none of its dependencies or
 * binaries, and both the tarball and the commit are checked against the pins below.
 *
 * Usage: node scripts/fetch-llama.mjs
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PACKAGE = "node-llama-cpp@3.22.1";
const INTEGRITY =
  "sha512-bltIipuWmc123H7tMIgDGKSsSrhmhlQYeVUC48XTjVW7XGJJiJJyCdlTMzQ/LiWoPkGDpcL4FviDpgw7qfTiDw==";
const BUNDLE = "package/llama/gitRelease.bundle";
/** The bundle's commit. */
const COMMIT = "de3ff815ea7d559ee917f063901b8986f038abc6";
export const llamaRelease = { version: "0.5.0", commit: COMMIT };

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const llamaSource = join(root, "build", "llama.cpp");

/** @param {string} file @param {string[]} args @param {string} cwd */
function run(file, args, cwd) {
  // npm is a shell script on Windows, which only a shell can start.
  const shell = process.platform === "win32" && file === "npm";
  try {
    return execFileSync(file, args, { cwd, shell, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  } catch (error) {
    const missing = /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT";
    const reason = missing ? `install ${file}, or add its folder to PATH` : "its message stands above";
    throw new Error(`llama.cpp's source could not be fetched: ${file} ${args.join(" ")} failed: ${reason}`);
  }
}

/** @returns {string | null} */
function commitOf(/** @type {string} */ tree) {
  if (!existsSync(join(tree, ".git"))) return null;
  return run("git", ["rev-parse", "HEAD"], tree).trim();
}

export function fetchLlama() {
  if (commitOf(llamaSource) === COMMIT) return llamaSource;

  run("git", ["--version"], root); // before anything is downloaded
  const work = mkdtempSync(join(tmpdir(), "vaner-llama-"));
  try {
    console.error(`fetching llama.cpp's source (${PACKAGE})`);
    const tarball = run("npm", ["pack", PACKAGE, "--loglevel=error"], work).trim().split("\n").at(-1);
    if (!tarball) throw new Error(`npm pack ${PACKAGE} printed no file name`);

    const digest = createHash("sha512")
      .update(readFileSync(join(work, tarball)))
      .digest("base64");
    if (`sha512-${digest}` !== INTEGRITY) {
      throw new Error(`${PACKAGE} has integrity sha512-${digest}, expected ${INTEGRITY}`);
    }
    run("tar", ["-xzf", tarball, BUNDLE], work);
    run("git", ["-c", "advice.detachedHead=false", "clone", "--quiet", BUNDLE, "llama.cpp"], work);
    const commit = commitOf(join(work, "llama.cpp"));
    if (commit !== COMMIT) throw new Error(`llama.cpp is at commit ${commit}, expected ${COMMIT}`);

    mkdirSync(dirname(llamaSource), { recursive: true });
    rmSync(llamaSource, { recursive: true, force: true });
    moveInto(join(work, "llama.cpp"), llamaSource);
    return llamaSource;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The temporary folder may lie on another file system, where a rename is refused. */
function moveInto(/** @type {string} */ from, /** @type {string} */ to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EXDEV") throw error;
    run("git", ["-c", "advice.detachedHead=false", "clone", "--quiet", from, to], dirname(from));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) console.log(fetchLlama());
