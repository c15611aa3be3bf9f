// @ts-check
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const source = join("lib", "server", "page");

/** Makes what a server shows at `/`: dist/page/, a flat folder. */
export async function buildPage() {
  const target = join("dist", "page");
  await build({
    entryPoints: { page: join(source, "page.ts") },
    outdir: target,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome111", "firefox121", "safari16.4"], // the first with color-mix() and :has()
    legalComments: "none",
    logLevel: "warning",
  });
  for (const name of readdirSync(source).filter((each) => /\.(html|css|svg)$/.test(each))) {
    cpSync(join(source, name), join(target, name));
  }
}
