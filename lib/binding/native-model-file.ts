/** One tensor of a GGUF file. */
export interface NativeTensor {
  readonly name: string;
  /** ggml's type name, for example `F32`, `Q8_0`. */
  readonly type: string;
  /** Extents in GGUF's order: the contiguous dimension first. */
  readonly shape: readonly number[];
  /** Bytes in the file. */
  readonly size: number;
  /** Where its bytes start in the file. */
  readonly offset: number;
  /** The hash of its bytes that the file stores, in hexadecimal digits, or null. */
  readonly sha256: string | null;
}

/** A value in the header of a GGUF file. Of arrays with more than 64 elements only type and length are given. */
export type NativeMetadataValue =
  | string
  | number
  | bigint
  | boolean
  | readonly (string | number | bigint | boolean)[]
  | { readonly arrayOf: string; readonly length: number };

/** The header of a GGUF file. No weights are read. */
export interface NativeModelFile {
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  /** The version of the GGUF container. */
  readonly ggufVersion: number;
  readonly metadata: Readonly<Record<string, NativeMetadataValue>>;
  readonly tensors: readonly NativeTensor[];
  /** Why the engine would refuse the file, or null if it would load it. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}
