import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { platformName, platforms } from "../../lib/binding/loader.js";
import { root } from "../support/paths.js";
import { slowness } from "../support/platforms.js";

const run = promisify(execFile);
const npm = { encoding: "utf8", shell: process.platform === "win32" } as const; // where npm is a shell script

/** The packed files: those in `VANER_PACKAGES`, else packed now, with the ordinary build as engine. */
export function packed(): string[] {
  const given = process.env["VANER_PACKAGES"];
  const folder = given ? resolve(given) : join(root, "build", "packages-local");
  if (!given) execFileSync(process.execPath, [join(root, "scripts", "pack.mjs"), "--local", "--out", folder]);
  const files = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  return files.map((file) => join(folder, file));
}

/** A folder where the packed files are installed, without a registry and without scripts. */
export class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), "vaner-packages-"));

  constructor(tarballs: readonly string[]) {
    const dependencies: Record<string, string> = {};
    for (const tarball of tarballs) {
      const name = /-native-(.+)-\d+\.\d+\.\d+\.tgz$/.exec(tarball)?.[1];
      if (name === undefined) dependencies["vaner-native"] = `file:${tarball}`;
      else if (name === platformName() || !platforms.includes(name))
        dependencies[`@vaner-native/${name}`] = `file:${tarball}`;
    }
    // What a registry would serve.
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    for (const [path, { dev }] of Object.entries<{ dev?: boolean }>(packages)) {
      if (path !== "" && !dev) dependencies[path.replace("node_modules/", "")] = `file:${join(root, path)}`;
    }
    this.write("package.json", JSON.stringify({ private: true, dependencies }));
    const args = ["install", "--offline", "--install-links", "--ignore-scripts", "--no-audit", "--no-fund"];
    execFileSync("npm", args, { ...npm, cwd: this.folder });
  }

  /** Paths of a package's files, sorted. */
  files(name: string): string[] {
    const folder = join(this.folder, "node_modules", name);
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
      .sort();
  }

  /** Writes a file and returns its path. */
  write(name: string, text: string): string {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** What a script of Node.js prints. */
  async node(...args: string[]): Promise<string> {
    const { stdout, stderr } = await run(process.execPath, args, {
      cwd: this.folder,
      timeout: 100_000 * slowness,
    });
    if (stderr !== "") throw new Error(stderr);
    return stdout.trim();
  }

  /** What a script prints that is written to a file of this name. */
  script(name: string, text: string): Promise<string> {
    return this.node(this.write(name, text));
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
