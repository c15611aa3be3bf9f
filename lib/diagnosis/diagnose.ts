import { cpus, freemem, release, totalmem, type } from "node:os";
import { availableThreads } from "../available-threads.js";
import { backendPackages } from "../binding/backends.js";
import { devices } from "../binding/devices.js";
import { callNative } from "../binding/errors.js";
import { addonPath, libcName, loadAddon, platformName } from "../binding/loader.js";
import type { NativeLogLevel as LogLevel } from "../binding/native-addon.js";
import { messageOf, VanerError } from "../errors.js";
import { defaultModelPath, resolveModelPath } from "../model-path.js";
import { packageName, packageOf, packageVersion } from "../package-root.js";
import type { LoadOptions } from "../recognizer/load.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { checkSum } from "./checksum.js";
import type { Diagnosis, InstalledFile, Problem } from "./diagnosis.js";
import { checkModel } from "./model-check.js";
import { addonWarnings, backendWarnings, cpuWarnings, fallbackWarnings, systemWarnings } from "./problems.js";
import { measureThroughput, sizeOf } from "./speed.js";
import { sampleTexts } from "./texts.js";

/** Duration of the speed test. */
const speedSeconds = 1;

/**
 * Examines this installation: looks at everything that a recognition needs, and tries one. What does not work is among
 * the problems.
 * @param options of the recognizer to try
 */
export async function diagnose(options: LoadOptions = {}): Promise<Diagnosis> {
  const environment = ownVariables();
  const problems: Problem[] = systemWarnings(environment);
  const attempt = async <Result>(step: () => Result | Promise<Result>): Promise<Result | null> => {
    try {
      return await step();
    } catch (error) {
      const code = error instanceof VanerError ? error.code : null;
      problems.push({ severity: "error", code, message: `${messageOf(error)}.` });
      return null;
    }
  };

  const addon = await attempt(loadAddon);
  const addonFile = addon && installed(addonPath());
  if (addonFile) problems.push(...addonWarnings(addonFile));
  const cpu = addon && (await attempt(() => callNative(() => addon.cpu())));
  if (cpu) problems.push(...cpuWarnings(cpu, environment));
  const backends = addon && (await attempt(() => callNative(() => addon.backends())));
  if (backends) problems.push(...backendWarnings(backendPackages(platformName()), backends));
  const model = await attempt(() => installed(modelPath(options)));
  const checksum = model?.package ? await attempt(() => checkSum(model.path)) : null;
  const log: string[] = [];
  const logger = (_level: LogLevel, line: string) => void log.push(line);
  const recognizer = addon && model && (await attempt(() => Recognizer.load({ ...options, logger })));
  problems.push(...fallbackWarnings(log));
  const isDefault = options.model === undefined && options.adapter === undefined;
  const check = recognizer && (await attempt(() => checkModel(recognizer, isDefault)));
  const speed = check && (await attempt(() => measureSpeed(recognizer, options)));
  await recognizer?.dispose();

  return {
    versions: {
      package: packageVersion() ?? null,
      node: process.versions.node,
      nodeApi: process.versions["napi"] ?? null,
      llama: addon?.versions.llama ?? null,
      ggml: addon?.versions.ggml ?? null,
    },
    system: {
      platform: platformName(),
      os: `${type()} ${release()}`,
      libc: libcName(),
      cpu: cpus()[0]?.model.trim() ?? null,
      threads: availableThreads(),
      memoryTotal: totalmem(),
      memoryFree: freemem(),
    },
    environment,
    addon: addonFile,
    cpu,
    backends,
    devices: addon && (await attempt(devices)),
    model,
    checksum,
    check,
    speed,
    problems,
  };
}

async function measureSpeed(recognizer: Recognizer, options: LoadOptions): Promise<Diagnosis["speed"]> {
  const size = await sizeOf(sampleTexts, options);
  return { ...size, ...(await measureThroughput(recognizer, sampleTexts, size, speedSeconds)) };
}

function modelPath({ model }: LoadOptions): string {
  return model === undefined ? defaultModelPath() : resolveModelPath(model);
}

function installed(path: string): InstalledFile {
  const found = packageOf(path);
  const ours = found && (found.name === packageName || found.name.startsWith(`@${packageName}/`));
  return { path, package: ours ? { name: found.name, version: found.version } : null };
}

function ownVariables(): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => name.startsWith("VANER_"));
  return Object.fromEntries(own.map(([name, value]) => [name, value ?? ""]));
}
