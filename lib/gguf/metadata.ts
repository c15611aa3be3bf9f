/** A metadata value as a GGUF file stores it. */
export type GgufValue =
  | { readonly type: "u32" | "i32" | "u64" | "f32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "u8s"; readonly value: Uint8Array }
  | { readonly type: "i32s"; readonly value: Int32Array }
  | { readonly type: "f32s"; readonly value: Float32Array };

/** One key of a GGUF file's metadata. */
export type GgufEntry = readonly [key: string, value: GgufValue];

export const u32 = (value: number): GgufValue => ({ type: "u32", value });
export const f32 = (value: number): GgufValue => ({ type: "f32", value });
export const bool = (value: boolean): GgufValue => ({ type: "bool", value });
export const string = (value: string): GgufValue => ({ type: "string", value });
export const strings = (value: readonly string[]): GgufValue => ({ type: "strings", value });

/** Whether a file can hold a text: without a NUL, and without half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}
