import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Recognizer } from "../../lib/index.js";
import { vaner } from "../support/cli.js";
import { fixture, root } from "../support/paths.js";
import { testExceptOnWindows, testOnLinux } from "../support/platforms.js";

const text = "Aspirin can cause asthma. It was seen in mice.";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-changed-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function copyOf(name: string): string {
  const path = join(folder, `${name}-${Math.random().toString(36).slice(2)}.gguf`);
  copyFileSync(fixture(name), path);
  return path;
}

/** What happens to a model file while a recognizer uses it. */
const changes = {
  deleted: (path: string) => rmSync(path),
  replaced: (path: string) => {
    const other = copyOf("tiny-heads-f32");
    renameSync(other, path);
  },
  "cut short": (path: string) => truncateSync(path, 100),
  overwritten: (path: string) => writeFileSync(path, Buffer.alloc(50_000, 7)),
};

describe("a model file that changes while it is in use", () => {
  testExceptOnWindows.each(Object.keys(changes) as (keyof typeof changes)[])(
    "%s: nothing happens to a file that was read",
    async (change) => {
      const model = copyOf("tiny-f32");
      await using recognizer = await Recognizer.load({ model, mmap: false, int8: false });
      const expected = await recognizer.recognize(text);
      changes[change](model);
      expect(await recognizer.recognize(text)).toEqual(expected);
    },
  );

  testExceptOnWindows.each(["deleted", "replaced"] as const)(
    "%s: nothing happens to a file that is mapped either",
    async (change) => {
      const model = copyOf("tiny-f32");
      await using recognizer = await Recognizer.load({ model, int8: false });
      const expected = await recognizer.recognize(text);
      changes[change](model);
      expect(await recognizer.recognize(text)).toEqual(expected);
    },
  );

  testOnLinux("cut short while it is read: it loads, or an error has a code", async () => {
    for (let round = 0; round < 10; round++) {
      const model = join(folder, "large.gguf");
      copyFileSync(join(root, "models", "vaner-smollm2.gguf"), model);
      let cut = false;
      const loading = Recognizer.load({
        model,
        mmap: false,
        onProgress: (share) => {
          if (share < round / 10 || cut) return;
          cut = true;
          truncateSync(model, 10_000_000);
        },
      });
      const outcome = await loading.then(
        async (recognizer) => {
          await recognizer.dispose();
          return "loaded";
        },
        (error) => error.code,
      );
      expect(["loaded", "ERR_VANER_MODEL_CORRUPT"]).toContain(outcome);
    }
  });
});

test("mapped and read models give the same, and share no weights", async () => {
  await using mapped = await Recognizer.load({ model: fixture("tiny-f32") });
  await using read = await Recognizer.load({ model: fixture("tiny-f32"), mmap: false });
  expect(await read.recognize(text)).toEqual(await mapped.recognize(text));
});

test("--no-mmap reaches the recognizer", async () => {
  const args = ["recognize", "-m", fixture("tiny-f32"), "--json", text];
  const mapped = await vaner(args);
  const read = await vaner([...args, "--no-mmap"]);
  expect(read).toEqual(mapped);
  expect(read.code).toBe(0);
});

testOnLinux("a model that is read leaves no mapping of its file", async () => {
  const script = `
    import { readFileSync } from "node:fs";
    import { Recognizer } from "vaner-native";
    for (const mmap of [true, false]) {
      const recognizer = await Recognizer.load({ model: ${JSON.stringify(fixture("tiny-f32"))}, mmap, int8: false });
      console.log(readFileSync("/proc/self/maps", "utf8").includes("tiny-f32.gguf"));
      await recognizer.dispose();
    }
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: root,
  });
  expect(stdout).toBe("true\nfalse\n");
});
