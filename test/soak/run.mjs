// Usage: npm run soak [-- [--quick] [--count <rounds>] [scenario...]]
// Each scenario runs in a process of its own and prints one line of JSON: what it measured, or how it failed.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { scenarios } from "./scenarios.mjs";

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean" }, count: { type: "string" }, one: { type: "boolean" } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(scenarios);
for (const name of names)
  if (!Object.hasOwn(scenarios, name)) throw new Error(`there is no scenario ${name}`);

const countOf = ({ full, quick }) => Number(values.count ?? (values.quick ? quick : full));

if (values.one) {
  const [name] = names;
  console.log(JSON.stringify({ scenario: name, ...(await scenarios[name].run(countOf(scenarios[name]))) }));
} else {
  for (const name of names) {
    const args = [
      "--expose-gc",
      "--max-semi-space-size=1", // what V8 gives its young generation would hide what we keep
      fileURLToPath(import.meta.url),
      "--one",
      name,
      "--count",
      String(countOf(scenarios[name])),
    ];
    const { status, signal } = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (status === 0) continue;
    console.log(JSON.stringify({ scenario: name, failed: signal ?? status }));
    process.exitCode = 1;
  }
}
