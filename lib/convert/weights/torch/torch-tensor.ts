import { PickleObject } from "./pickle-values.js";
import type { TorchType } from "./torch-types.js";

/** Bytes that tensors are views of: one entry of the archive. */
export class TorchStorage extends PickleObject {
  readonly key: string;
  /** Undefined if each tensor has a type of its own. */
  readonly type: TorchType | undefined;
  /** Offset in the file, in bytes. */
  readonly begin: number;
  /** Bytes. */
  readonly length: number;

  constructor(key: string, type: TorchType | undefined, begin: number, length: number) {
    super();
    this.key = key;
    this.type = type;
    this.begin = begin;
    this.length = length;
  }

  describe(): string {
    return "a storage";
  }
}

/** A view of a storage. Its elements stay in the file until they are read. */
export class TorchTensor extends PickleObject {
  readonly storage: TorchStorage;
  readonly type: TorchType;
  /** Extents in PyTorch's order. Empty for a scalar. */
  readonly shape: readonly number[];
  /** Distance between neighbours in each dimension, in elements. */
  readonly stride: readonly number[];
  /** Offset of the first element in the storage, in elements. */
  readonly offset: number;

  constructor(
    storage: TorchStorage,
    type: TorchType,
    shape: readonly number[],
    stride: readonly number[],
    offset: number,
  ) {
    super();
    this.storage = storage;
    this.type = type;
    this.shape = shape;
    this.stride = stride;
    this.offset = offset;
  }

  describe(): string {
    return "a tensor";
  }
}
