// @ts-check
/**
 * Filters the output of a build. A log file gets all of it; the screen gets progress, and warnings and errors
 * in this project's own files. Third-party code causes hundreds of warnings.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import cliProgress from "cli-progress";

/** Lines to show of a failed build, from its first error on. */
const EXCERPT = 40;

/** Frequent causes of failed builds. */
const REMEDIES = [
  {
    message: /C\+\+ compiler toolset is not available|no CMAKE_C(XX)?_COMPILER|no Visual C\+\+ compiler/i,
    remedy:
      'Install a C++17 compiler. Debian and Ubuntu: apt install g++. macOS: xcode-select --install. Windows: Visual Studio Build Tools with "Desktop development with C++".',
  },
  {
    message: /does not match the generator used previously|is different than the directory/i,
    remedy: "The build folder belongs to another build tool or another path: delete build/cmake.",
  },
  {
    message: /fatal error: killed signal|internal compiler error: killed|out of memory/i,
    remedy: "The compiler ran out of memory: build with CMAKE_BUILD_PARALLEL_LEVEL=1.",
  },
];

export class BuildOutput {
  #log;
  #ownCode;
  #buildFolder;
  #bar = new cliProgress.SingleBar({
    format: "compiling {bar} {percentage} % | {eta_formatted} left",
    stream: process.stderr,
    hideCursor: true,
    gracefulExit: true, // shows the cursor again; build-native.mjs then ends the process
    clearOnComplete: true,
  });
  #onTerminal = process.stderr.isTTY === true;
  /** The last quarter of the build that was announced, if there is no progress bar. */
  #quarter = 0;
  #inOwnDiagnostic = false;
  /** Whether an error in this project's own files is on the screen already. */
  #ownErrorShown = false;
  /** @type {string[]} */
  #lines = [];

  /**
   * @param {string} root the project's folder
   * @param {string} buildFolder the folder that the build tool runs in
   * @param {string} logFile
   */
  constructor(root, buildFolder, logFile) {
    this.#log = openSync(logFile, "w");
    this.#buildFolder = buildFolder;
    this.#ownCode = join(root, "native") + sep;
  }

  /** @param {string} line one line that CMake, the build tool or a compiler printed */
  add(line) {
    writeSync(this.#log, `${line}\n`);
    this.#lines.push(line);

    // Ninja counts steps, make tells a percentage.
    const progress = /^\[ *(\d+)(?:\/(\d+)|%)\] /.exec(line);
    if (progress) this.#show(Number(progress[1]), Number(progress[2] ?? 100));

    const isDiagnostic = /: (fatal )?(warning|error)\b/.test(line);
    // Compilers print absolute paths, but relative ones under ccache with CCACHE_BASEDIR.
    if (isDiagnostic) {
      this.#inOwnDiagnostic = resolve(this.#buildFolder, line.trimStart()).startsWith(this.#ownCode);
    } else if (!/^\s|: note: /.test(line)) this.#inOwnDiagnostic = false;
    if (!this.#inOwnDiagnostic) return;
    this.#print(line);
    this.#ownErrorShown ||= /: (fatal )?error\b/.test(line);
  }

  /** @param {number} done @param {number} total */
  #show(done, total) {
    if (this.#onTerminal) {
      if (!this.#bar.isActive) this.#bar.start(total, 0);
      this.#bar.setTotal(total);
      this.#bar.update(done);
      return;
    }
    const quarter = Math.floor((4 * done) / total);
    if (quarter > this.#quarter && quarter < 4) console.error(`compiling: ${25 * quarter} %`);
    this.#quarter = Math.max(this.#quarter, quarter);
  }

  /** @param {string} line */
  #print(line) {
    if (this.#onTerminal && this.#bar.isActive) process.stderr.write("\r\x1b[K");
    console.error(line);
  }

  /** The first error with the lines after it, unless it was shown, and what can be done about it. */
  failure() {
    if (this.#ownErrorShown) return "";
    const isError = (/** @type {string} */ line) => /\berror[: ]|^FAILED:|undefined reference/i.test(line);
    const at = this.#lines.findIndex(isError);
    const excerpt = at < 0 ? this.#lines.slice(-EXCERPT) : this.#lines.slice(at, at + EXCERPT);
    const remedy = REMEDIES.find(({ message }) => this.#lines.some((line) => message.test(line)));
    return [...excerpt, ...(remedy ? [remedy.remedy] : [])].join("\n");
  }

  close() {
    if (this.#bar.isActive) this.#bar.stop();
    closeSync(this.#log);
  }
}
