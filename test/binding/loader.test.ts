import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { candidates, platformName, requireFirst } from "../../lib/binding/loader.js";
import { VanerError } from "../../lib/errors.js";
import { packageRoot } from "../../lib/package-root.js";

describe("candidates", () => {
  test("an override is the only candidate", () => {
    expect(candidates("/some/where.node", "/root", "linux-x64")).toEqual(["/some/where.node"]);
  });

  test("a local build comes before the platform package", () => {
    expect(candidates(undefined, "/root", "linux-x64")).toEqual([
      join("/root", "build", "Release", "vaner_native.node"),
      "@vaner-native/linux-x64",
    ]);
    expect(candidates(undefined, undefined, "darwin-arm64")).toEqual(["@vaner-native/darwin-arm64"]);
  });

  test("the platform name consists of Node.js's names", () => {
    expect(platformName()).toMatch(new RegExp(`^${process.platform}-${process.arch}(-musl)?$`));
  });
});

describe("requireFirst", () => {
  const addon = {};

  test("returns the first addon that loads", () => {
    const load = (place: string) => {
      if (place === "a") throw new Error("no a");
      return addon;
    };
    expect(requireFirst(["a", "b", "c"], load)).toBe(addon);
  });

  function failure(message: string): VanerError {
    try {
      requireFirst(["first", "second"], (place) => {
        throw new Error(`${place} ${message}\nRequire stack: …`);
      });
    } catch (error) {
      return error as VanerError;
    }
    throw new Error("did not fail");
  }

  test("lists every attempt with its error, and remedies for this system", () => {
    const error = failure("is not there");
    expect(error).toBeInstanceOf(VanerError);
    expect(error.code).toBe("ERR_VANER_NATIVE_LOAD");
    expect(error.message).toContain("first: first is not there\n");
    expect(error.message).toContain("second: second is not there\n");
    expect(error.message).toContain(`@vaner-native/${platformName()}`);
    expect(error.message).toContain("npm run build:native");
    expect(error.message).not.toContain("Require stack");
    expect((error.cause as AggregateError).errors).toHaveLength(2);
  });

  test("recognizes an old C library and a binary for another CPU", () => {
    expect(failure("/lib/libm.so.6: version `GLIBC_2.38' not found").message).toContain(
      "older than the binary",
    );
    expect(failure("wrong ELF class: ELFCLASS32").message).toContain(`runs here as ${process.arch}`);
  });
});

describe("packageRoot", () => {
  test("is found from any depth inside the package only", () => {
    expect(packageRoot()).toBe(process.cwd());
    expect(packageRoot(join(process.cwd(), "dist", "cli"))).toBe(process.cwd());
    expect(packageRoot("/")).toBeUndefined();
  });
});
