import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { cpuQuota } from "../lib/available-threads.js";
import { onTestFinished } from "./support/cleanup.js";

function quotaWith(files: Readonly<Record<string, string>>): number {
  const root = mkdtempSync(join(tmpdir(), "vaner-cgroups-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return cpuQuota(root);
}

const none = Number.POSITIVE_INFINITY;

describe("the CPU quota of cgroups", () => {
  test.each([
    ["no cgroups", {}, none],
    ["no quota", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n" }, none],
    ["a container", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n" }, 1.5],
    [
      "a service whose parent has less",
      {
        "proc/self/cgroup": "0::/system.slice/a.service\n",
        "sys/fs/cgroup/system.slice/a.service/cpu.max": "800000 100000\n",
        "sys/fs/cgroup/system.slice/cpu.max": "400000 100000\n",
      },
      4,
    ],
    [
      "a path of the host",
      { "proc/self/cgroup": "0::/../../docker/1\n", "sys/fs/cgroup/cpu.max": "200000 100000\n" },
      2,
    ],
    [
      "version 1",
      {
        "proc/self/cgroup": "12:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n",
        "sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      },
      0.5,
    ],
    ["files of nonsense", { "proc/self/cgroup": "x\n0:\n", "sys/fs/cgroup/cpu.max": "0 0\n" }, none],
  ])("%s", (_, files, expected) => {
    expect(quotaWith(files as Record<string, string>)).toBe(expected);
  });
});
