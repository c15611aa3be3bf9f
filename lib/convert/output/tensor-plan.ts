import { listed } from "../../errors.js";
import type { TensorPlan } from "../../gguf/header.js";
import { fitsBlocks, type TensorType } from "../../gguf/tensor-types.js";
import type { MergedWeights } from "../adapters/merged.js";
import { checkpointError } from "../checkpoint/errors.js";
import { isSuperfluous } from "../checkpoint/names.js";
import type { Shape } from "../checkpoint/shape.js";
import type { FloatTensor, Head, Linear } from "../heads/heads.js";
import { encoderTensors } from "./encoder-tensors.js";
import type { ExpectedTensor } from "./expected-tensor.js";
import { llama3Factors } from "./rotation.js";

/** A tensor of the output, and where its numbers come from. */
export interface PlannedTensor extends TensorPlan {
  readonly source:
    | {
        readonly kind: "encoder";
        readonly name: string;
        readonly interleaved: boolean;
        /** The first row that is taken. */
        readonly firstRow: number;
      }
    | { readonly kind: "floats"; readonly tensor: FloatTensor };
}

/**
 * Plans the tensors of a GGUF file of format 1, in the order of the file.
 * @param headModules modules that are heads and not part of the encoder
 * @param folder      named in messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a tensor that is missing, left over, or of another shape
 */
export function planTensors(
  weights: MergedWeights,
  shape: Shape,
  heads: readonly Head[],
  headModules: readonly string[],
  type: TensorType,
  folder: string,
): PlannedTensor[] {
  const expected = encoderTensors(shape);
  checkComplete(weights, expected, shape, headModules, folder);
  const encoder = [...expected].flatMap(
    ([plain, { name, extents, optional, interleaved, float, unusedRows = 0 }]): PlannedTensor[] => {
      const stored = weights.tensors.get(plain);
      if (!stored && optional) return [];
      const found = stored?.shape ?? [];
      if (found.length !== extents.length || !found.every((extent, index) => extent === extents[index])) {
        throw checkpointError(
          `${folder}: the tensor ${plain} has the shape [${found.join(", ")}], but the configuration asks for [${extents.join(", ")}].`,
        );
      }
      const [rows = 0, ...columns] = extents;
      return [
        {
          name,
          type: columns[0] === undefined || float ? "F32" : storable(type, columns[0]),
          shape: [rows - unusedRows, ...columns].reverse(),
          source: { kind: "encoder", name: plain, interleaved, firstRow: unusedRows },
        },
      ];
    },
  );
  return [...encoder, ...frequencies(shape), ...heads.flatMap(planHead)];
}

/** Nothing may be missing, and nothing that would change the result may be left over. */
function checkComplete(
  weights: MergedWeights,
  expected: ReadonlyMap<string, ExpectedTensor>,
  shape: Shape,
  headModules: readonly string[],
  folder: string,
): void {
  for (const [plain, { optional }] of expected) {
    const reason = weights.unreadable.get(plain);
    if (reason !== undefined) {
      throw checkpointError(`${folder}: the tensor ${plain} cannot be read: ${reason}`);
    }
    if (!optional && !weights.tensors.has(plain)) {
      throw checkpointError(
        `${folder} has no tensor ${plain}, which its config.json promises: is a file of the weights missing?`,
      );
    }
  }
  const known = new Set(headModules.flatMap((name) => [`${name}.weight`, `${name}.bias`]));
  const left = [...weights.tensors.keys()].filter(
    (plain) => !expected.has(plain) && !known.has(plain) && !isSuperfluous(plain),
  );
  if (left.length > 0) {
    throw checkpointError(
      `${folder} has ${left.length} tensors that a ${familyOf(shape)} token classifier does not use, such as ${listed(left.slice(0, 3))}: it is another architecture.`,
    );
  }
}

function familyOf({ bert, modernBert }: Shape): string {
  if (modernBert) return "ModernBERT";
  return bert ? "BERT" : "LLaMA";
}

/** A quantized row is whole blocks: rows that do not divide into them get the next type that fits. */
function storable(type: TensorType, columns: number): TensorType {
  if (fitsBlocks(type, columns)) return type;
  return fitsBlocks("Q8_0", columns) ? "Q8_0" : "F16";
}

function frequencies({ ropeScaling, headSize, ropeBase }: Shape): PlannedTensor[] {
  if (ropeScaling.kind !== "llama3") return [];
  const factors = llama3Factors(ropeScaling, headSize, ropeBase);
  const tensor = {
    shape: [factors.length],
    readFloats: async (first: number, count: number) => factors.slice(first, first + count),
  };
  return [planFloats("rope_freqs.weight", tensor)];
}

/** Plans one of several heads, named as `native/model/gguf/model_format.cpp` reads them. */
export function planHead(head: Head, index: number, { length }: readonly Head[]): PlannedTensor[] {
  const linear = (name: string, { weight, bias }: Linear) => [
    planFloats(`${name}.weight`, weight),
    ...(bias ? [planFloats(`${name}.bias`, bias)] : []),
  ];
  return [
    ...head.dense.flatMap((layer, at) => linear(head.norm ? "cls" : `cls.${index}.${at}`, layer)),
    ...(head.norm ? [planFloats("cls.norm.weight", head.norm)] : []),
    ...linear(length === 1 ? "cls.output" : `cls.output.${index}`, head.output),
  ];
}

/** Plans a tensor that is stored in F32. */
export function planFloats(name: string, tensor: FloatTensor): PlannedTensor {
  return { name, type: "F32", shape: [...tensor.shape].reverse(), source: { kind: "floats", tensor } };
}
