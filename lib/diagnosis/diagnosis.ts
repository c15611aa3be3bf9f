import type { NativeBackend } from "../binding/backends.js";
import type { NativeCpu, NativeDevice } from "../binding/native-addon.js";
import type { VanerErrorCode } from "../errors.js";
import type { InstalledPackage } from "../package-root.js";
import type { ModelCheck } from "./model-check.js";
import type { TextSize, Throughput } from "./speed.js";

/** What `vaner doctor` found. What could not be found out is null; then there is a problem that says why. */
export interface Diagnosis {
  readonly versions: {
    readonly package: string | null;
    readonly node: string;
    /** Highest Node-API version of this Node.js. */
    readonly nodeApi: string | null;
    readonly llama: string | null;
    readonly ggml: string | null;
  };
  readonly system: {
    /** As in the name of the platform package, for example `linux-x64`. */
    readonly platform: string;
    /** Name and release of the operating system. */
    readonly os: string;
    /** C library, on Linux. */
    readonly libc: string | null;
    /** Its name. */
    readonly cpu: string | null;
    /** CPU threads that this process may use. */
    readonly threads: number;
    /** Bytes. */
    readonly memoryTotal: number;
    /** Bytes. */
    readonly memoryFree: number;
  };
  /** Environment variables of this package that are set. */
  readonly environment: Readonly<Record<string, string>>;
  readonly addon: InstalledFile | null;
  readonly cpu: NativeCpu | null;
  readonly backends: readonly NativeBackend[] | null;
  readonly devices: readonly NativeDevice[] | null;
  readonly model: InstalledFile | null;
  /** Whether the model is as its package says; false without a checksum, null if it differs or is of no package. */
  readonly checksum: boolean | null;
  readonly check: ModelCheck | null;
  readonly speed: (TextSize & Throughput) | null;
  readonly problems: readonly Problem[];
}

/** A file, and the package of ours that it came with; null for a file of the user's. */
export interface InstalledFile {
  readonly path: string;
  readonly package: Omit<InstalledPackage, "folder"> | null;
}

/** Something to know or to repair. */
export interface Problem {
  /** An error: something that is needed does not work. */
  readonly severity: "error" | "warning";
  readonly code: VanerErrorCode | null;
  /** The cause and the remedy. */
  readonly message: string;
}
