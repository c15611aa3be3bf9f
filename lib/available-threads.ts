import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path/posix";

/**
 * CPU threads that can run at a time: one for each CPU of the process's affinity mask, but no more than the CPU quota
 * of its cgroups. Containers set a quota; only newer versions of Node.js count it.
 */
export function availableThreads(): number {
  const quota = process.platform === "linux" ? cpuQuota() : Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(availableParallelism(), Math.floor(quota)));
}

/**
 * CPUs that the cgroups of this process allow; infinity without a quota.
 * @param root folder that holds `proc` and `sys`
 */
export function cpuQuota(root = ""): number {
  const quotas: number[] = [];
  for (const line of (read(`${root}/proc/self/cgroup`) ?? "").split("\n")) {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    const version2 = line.startsWith("0::");
    if (!version2 && !controllers.split(",").includes("cpu")) continue;
    const mount = `${root}/sys/fs/cgroup${version2 ? "" : `/${controllers}`}`;
    // A quota of a parent holds too. In a container's namespace of its own the path may be that of the host.
    for (const folder of upwards(path)) {
      quotas.push(version2 ? quotaOfVersion2(mount + folder) : quotaOfVersion1(mount + folder));
    }
  }
  return Math.min(...quotas);
}

function* upwards(path: string): Generator<string> {
  for (let folder = path; folder !== "/"; folder = dirname(folder)) yield folder;
  yield "/";
}

/** `cpu.max` holds `max 100000`, or the quota and the period in microseconds. */
function quotaOfVersion2(folder: string): number {
  const [quota, period] = (read(`${folder}/cpu.max`) ?? "").split(" ").map(Number);
  return ratio(quota, period);
}

function quotaOfVersion1(folder: string): number {
  return ratio(Number(read(`${folder}/cpu.cfs_quota_us`)), Number(read(`${folder}/cpu.cfs_period_us`)));
}

/** Infinity for what is missing, no number or, as -1 in version 1, no limit. */
function ratio(quota = Number.NaN, period = Number.NaN): number {
  return quota > 0 && period > 0 ? quota / period : Number.POSITIVE_INFINITY;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // another version of cgroups, or none
  }
}
