// @ts-check
/**
 * Runs the soak's scenarios, a few rounds each, with LeakSanitizer over the addon inside Node.js. Memory that the addon
 * still holds at the end of the process, and that nothing points to, fails the run.
 *
 * Usage: npm run test:leaks [-- scenario...]     on Linux, with GCC; builds build/Sanitize
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Not sentences, slow here with the default model, nor copies and forks, which do the same in other places.
const scenarios = ["aborts", "reloads", "disposals", "terminations", "callbacks", "streams"];
const given = process.argv.slice(2);

/** @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(args, env = process.env) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env });
  return status === 0;
}

/**
 * The reports on blocks that the addon allocated; the loader has some of its own. A worker that is terminated takes no
 * answer, and only an answer frees the eight bytes of a promise of Node-API.
 * @param {string} log
 */
function leaksOf(log) {
  if (log.includes("fatal error")) return [log];
  const blocks = log.split(/\n\n/).filter((block) => /^(?:Direct|Indirect) leak of/m.test(block));
  return blocks.filter(
    (block) => /\/native\/|vaner_native\.node/.test(block) && !block.includes("napi_create_promise"),
  );
}

if (!run([join("scripts", "build-native.mjs"), "--sanitize"])) process.exit(1);
const folder = mkdtempSync(join(tmpdir(), "vaner-leaks-"));
const passed = run([join("test", "soak", "run.mjs"), "--quick", ...(given.length > 0 ? given : scenarios)], {
  ...process.env,
  VANER_NATIVE_ADDON: join(root, "build", "Sanitize", "vaner_native.node"),
  LD_PRELOAD: execFileSync("gcc", ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim(),
  // Freed memory that is kept apart would look like growth.
  ASAN_OPTIONS: `detect_leaks=1:quarantine_size_mb=1:log_path=${join(folder, "log")}`,
  // The sanitizer crashes when it looks for pointers in the thread-local storage of Node.js.
  LSAN_OPTIONS: "use_tls=0:exitcode=0",
});
const leaks = readdirSync(folder).flatMap((file) => leaksOf(readFileSync(join(folder, file), "utf8")));
rmSync(folder, { recursive: true });
for (const leak of leaks) console.error(`${leak}\n`);
console.error(`${leaks.length} leaks of the addon`);
if (!passed || leaks.length > 0) process.exitCode = 1;
