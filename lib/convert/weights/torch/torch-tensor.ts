import { PickleObject } from "./pickle-values.js";
import type { TorchType } from "./torch-types.js";

/** Bytes that tensors view: one entry of the archive. */
export class TorchStorage extends PickleObject {
  readonly key: string;
  /** Undefined where each tensor says its type itself. */
  readonly type: TorchType | undefined;
  /** Where it begins in the file, in bytes. */
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

/** A view of a storage. Its elements stay in the file until they are asked for. */
export class TorchTensor extends PickleObject {
  readonly storage: TorchStorage;
  readonly type: TorchType;
  /** Extents as PyTorch orders them. Empty for a scalar. */
  readonly shape: readonly number[];
  /** Elements between neighbours, for each dimension. */
  readonly stride: readonly number[];
  /** Elements of the storage in front of the tensor's first. */
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
