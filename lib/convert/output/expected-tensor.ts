/** A tensor that every encoder of a shape has, or may have. */
export interface ExpectedTensor {
  /** Its name in GGUF. */
  readonly name: string;
  /** In PyTorch's order. */
  readonly extents: readonly number[];
  readonly optional: boolean;
  /** Whether its rows are reordered for llama.cpp's rotary embedding. */
  readonly interleaved: boolean;
  /** Whether it stays F32 whatever the type of the matrices is. */
  readonly float?: boolean;
  /** Rows at its start that are left out. Default: 0. */
  readonly unusedRows?: number;
}
