import { existsSync, mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A control group of its own for a process. */
export interface Cgroup {
  /** In front of a program that is to run in it, with its arguments. */
  readonly wrapper: readonly string[];
  has(file: string): boolean;
  set(file: string, value: string): void;
  /** Once its processes have ended. */
  remove(): void;
}

const mount = "/sys/fs/cgroup";

/** Makes a control group that has a controller, of either version; undefined where this process may not. */
export function makeCgroup(controller: "cpu" | "pids"): Cgroup | undefined {
  for (const parent of [join(mount, controller), mount]) {
    try {
      const folder = mkdtempSync(join(parent, "vaner-test-"));
      // The kernel makes them, where it is a group.
      if (limitsOf[controller].some((file) => existsSync(join(folder, file)))) return cgroupOf(folder);
      rmdirSync(folder);
    } catch {
      // not mounted, or not for this process
    }
  }
  return undefined;
}

/** Limits the CPU time of a group to so many CPUs. */
export function setCpuQuota(group: Cgroup, cpus: number): void {
  const quota = cpus * period;
  if (group.has("cpu.max")) group.set("cpu.max", `${quota} ${period}`);
  else group.set("cpu.cfs_quota_us", `${quota}`); // its period is the same by default
}

/** Microseconds. */
const period = 100_000;

/** Files of a controller's limits, in both versions. */
const limitsOf = { cpu: ["cpu.max", "cpu.cfs_quota_us"], pids: ["pids.max"] } as const;

function cgroupOf(folder: string): Cgroup {
  return {
    wrapper: ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', folder],
    has: (file) => existsSync(join(folder, file)),
    set: (file, value) => writeFileSync(join(folder, file), value, { flag: "r+" }),
    remove: () => rmdirSync(folder),
  };
}
