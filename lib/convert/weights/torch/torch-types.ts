import type { ElementType } from "../source.js";

/** An element type, or PyTorch's name of one that cannot be read. */
export type TorchType = { readonly element: ElementType } | { readonly unread: string };

/** Element types, with PyTorch's names of the dtype and of the storage class in files. */
const readTypes: readonly (readonly [element: ElementType, dtype: string, storage: string])[] = [
  ["F64", "float64", "DoubleStorage"],
  ["F32", "float32", "FloatStorage"],
  ["F16", "float16", "HalfStorage"],
  ["BF16", "bfloat16", "BFloat16Storage"],
  ["I64", "int64", "LongStorage"],
  ["I32", "int32", "IntStorage"],
  ["I16", "int16", "ShortStorage"],
  ["I8", "int8", "CharStorage"],
  ["U8", "uint8", "ByteStorage"],
  ["BOOL", "bool", "BoolStorage"],
];
const unreadDtypes = [
  ...["uint16", "uint32", "uint64", "complex32", "complex64", "complex128"],
  ...["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"],
  ...["float4_e2m1fn_x2", "qint8", "quint8", "qint32", "quint4x2", "quint2x4"],
];
const unreadStorages = [
  ...["ComplexFloatStorage", "ComplexDoubleStorage"],
  ...["QInt8Storage", "QUInt8Storage", "QInt32Storage", "QUInt4x2Storage", "QUInt2x4Storage"],
];

/** Types by the full names of dtypes. */
export const dtypes: ReadonlyMap<string, TorchType> = new Map<string, TorchType>([
  ...readTypes.map(([element, dtype]) => [`torch.${dtype}`, { element }] as const),
  ...unreadDtypes.map((name) => [`torch.${name}`, { unread: name }] as const),
]);

/** Types by the full names of storage classes; undefined if each tensor has a type of its own. */
export const storageTypes: ReadonlyMap<string, TorchType | undefined> = new Map<
  string,
  TorchType | undefined
>([
  ...readTypes.map(([element, , storage]) => [`torch.${storage}`, { element }] as const),
  ...unreadStorages.map((name) => [`torch.${name}`, { unread: name }] as const),
  ["torch.storage.UntypedStorage", undefined],
]);
