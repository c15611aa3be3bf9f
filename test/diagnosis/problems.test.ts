import { describe, expect, test } from "@jest/globals";
import type { NativeCpu } from "../../lib/binding/native-addon.js";
import { checkModel } from "../../lib/diagnosis/model-check.js";
import { addonWarnings, cpuWarnings, systemWarnings } from "../../lib/diagnosis/problems.js";
import { packageVersion } from "../../lib/package-root.js";
import type { Recognizer } from "../../lib/recognizer/recognizer.js";

const cpu: NativeCpu = {
  features: ["AVX2"],
  ggmlFeatures: [],
  blockProducts: "AVX2",
  rowProducts: "AVX2",
  attention: "AVX2",
};
const without = { ...cpu, blockProducts: null, rowProducts: null };
const warning = (message: RegExp) => [
  { severity: "warning", code: null, message: expect.stringMatching(message) },
];

describe("warnings", () => {
  test("of a CPU or a build without kernels, on x64", () => {
    expect(cpuWarnings(cpu, {}, "x64")).toEqual([]);
    expect(cpuWarnings(without, {}, "arm64")).toEqual([]);
    expect(cpuWarnings(without, {}, "x64")).toEqual(warning(/newer compiler/));
    expect(cpuWarnings({ ...without, features: [] }, {}, "x64")).toEqual(warning(/has no AVX2/));
    expect(cpuWarnings({ ...without, features: [] }, { VANER_CPU: "none" }, "x64")).toEqual([]);
  });

  test("of an addon of another version", () => {
    const addon = (name: string, version: string) => ({ path: "a.node", package: { name, version } });
    expect(addonWarnings({ path: "a.node", package: null })).toEqual([]);
    expect(addonWarnings(addon("@vaner-native/linux-x64", String(packageVersion())))).toEqual([]);
    expect(addonWarnings(addon("@vaner-native/linux-x64", "0.0.1"))).toEqual(warning(/0\.0\.1.*npm install/));
  });

  test("of instruction sets that are turned off", () => {
    expect(systemWarnings({ VANER_NATIVE_ADDON: "a.node" })).toEqual([]);
    expect(systemWarnings({ VANER_CPU: "avx2" })).toEqual(warning(/VANER_CPU=avx2.*unset/));
  });
});

test("the default model has to find what it is known to find; another one has only to work", async () => {
  const recognizer = { recognize: async () => [] } as unknown as Recognizer;
  await expect(checkModel(recognizer, true)).rejects.toMatchObject({
    code: "ERR_VANER_COMPUTE",
    message: expect.stringMatching(/found none instead of "Cisplatin \(Chemical\)", .*Reinstall/),
  });
  expect(await checkModel(recognizer, false)).toMatchObject({ entities: [] });
});
