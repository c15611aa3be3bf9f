import { isCount } from "../../checkpoint/json.js";
import { readExtents } from "../rows.js";
import { elementCount, elementSizes } from "../source.js";
import { PickleError } from "./pickle-bytes.js";
import { globals } from "./pickle-globals.js";
import { asList, PickleGlobal, type PickleValue } from "./pickle-values.js";
import { TorchStorage, TorchTensor } from "./torch-tensor.js";
import { dtypes, storageTypes, type TorchType } from "./torch-types.js";

/** PyTorch's names in files of tensors. Source: torch/_utils.py and torch/serialization.py of PyTorch. */
export const torchGlobals: ReadonlyMap<string, PickleGlobal> = globals([
  ["torch._utils._rebuild_tensor_v2", ([storage, ...view]) => tensor(storage, view, typeOfStorage(storage))],
  ["torch._utils._rebuild_tensor_v3", ([storage, ...view]) => tensor(storage, view, typeNamed(view[5]))],
  ["torch._utils._rebuild_parameter", ([data]) => (data instanceof TorchTensor ? data : undefined)],
  ["torch.Size", ([extents]) => (Array.isArray(extents) ? extents : undefined)],
  ["torch.device", (parts) => parts.join(":")],
  ...[...dtypes.keys(), ...storageTypes.keys()].map((name) => [name] as const),
]);

function tensor(
  storage: PickleValue | undefined,
  [offset, shape, stride]: readonly PickleValue[],
  type: TorchType | undefined,
): TorchTensor | undefined {
  if (!(storage instanceof TorchStorage) || !type || !isCount(offset)) return undefined;
  const [extents, strides] = [extentsOf(shape), extentsOf(stride)];
  if (!extents || !strides || extents.length !== strides.length) return undefined;
  const view = new TorchTensor(storage, type, extents, strides, offset);
  if ("element" in type && elementsSpanned(view) * elementSizes[type.element] > storage.length) {
    throw new PickleError("one of its tensors reaches beyond its storage");
  }
  return view;
}

/** Elements of the storage, up to and including the tensor's last. */
function elementsSpanned({ shape, stride, offset }: TorchTensor): number {
  if (elementCount({ shape }) === 0) return 0;
  return shape.reduce((last, extent, at) => last + (extent - 1) * (stride[at] ?? 0), offset) + 1;
}

function extentsOf(value: PickleValue | undefined): readonly number[] | undefined {
  const extents = readExtents(asList(value) ?? [null]);
  return "shape" in extents ? extents.shape : undefined;
}

function typeOfStorage(storage: PickleValue | undefined): TorchType | undefined {
  return storage instanceof TorchStorage ? storage.type : undefined;
}

function typeNamed(dtype: PickleValue | undefined): TorchType | undefined {
  return dtype instanceof PickleGlobal ? dtypes.get(dtype.name) : undefined;
}
