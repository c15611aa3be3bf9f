import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type ConfigName, readConfig } from "../../../lib/convert/checkpoint/folder.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(...path: string[]): void {
  mkdirSync(join(folder, ...path), { recursive: true });
  for (const name of ["config.json", "adapter_config.json"]) {
    writeFileSync(join(folder, ...path, name), `{"name":"${name}"}`);
  }
}

async function expectRefusal(path: string, message: RegExp, name?: ConfigName): Promise<void> {
  await expect(readConfig(path, name)).rejects.toMatchObject({
    code: "ERR_VANER_CHECKPOINT",
    message: expect.stringMatching(message),
  });
}

test("reads the configuration of a folder", async () => {
  write();
  expect((await readConfig(folder)).value("name")).toBe("config.json");
  expect((await readConfig(folder, "adapter_config.json")).value("name")).toBe("adapter_config.json");
});

describe("without one, says what was meant", () => {
  test("the folder of a step of the training", async () => {
    for (const step of ["checkpoint-1000", "checkpoint-1500", "checkpoint-2000", "checkpoint-500"]) {
      write(step);
    }
    await expectRefusal(
      folder,
      /no config\.json\. There is one in "checkpoint-1000", "checkpoint-1500", "checkpoint-2000" and 1 more: pass that folder/,
    );
  });

  test("a version in the cache of a hub", async () => {
    write("snapshots", "0123abcd");
    await expectRefusal(folder, /There is one in "snapshots.0123abcd": pass that folder/);
  });

  test("the folder of a file", async () => {
    write();
    await expectRefusal(join(folder, "config.json"), /is a file: pass the folder with it/);
  });

  test("a model of the hub", async () => {
    const name = "dmis-lab/biobert-v1.1-none";
    await expectRefusal(
      name,
      /does not exist.*`hf download dmis-lab\/biobert-v1\.1-none --local-dir biobert/,
    );
    await expectRefusal(join(folder, "none"), /`hf download OWNER\/MODEL --local-dir FOLDER`/);
  });

  test("another folder", async () => {
    await expectRefusal(folder, /no config\.json\. Is it the checkpoint's folder/);
    await expectRefusal(
      folder,
      /no adapter_config\.json\. Is it the adapter's folder/,
      "adapter_config.json",
    );
    write("checkpoint-500");
    await expectRefusal(folder, /There is one in "checkpoint-500"/, "adapter_config.json");
  });
});
