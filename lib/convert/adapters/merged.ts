import type { VanerError } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";
import { plainName, quoted } from "../checkpoint/names.js";
import { type Arithmetic, isFloat, nativeArithmetic, readFloats } from "../weights/floats.js";
import { renamed } from "../weights/renamed.js";
import type { StoredTensor, WeightSource } from "../weights/source.js";
import type { Adapter, LowRankUpdate } from "./peft.js";

/** A tensor of a source, and the updates to add to it, in this order. */
interface Layers {
  readonly source: WeightSource;
  readonly tensor: StoredTensor;
  readonly updates: readonly LowRankUpdate[];
}

/** An update with its factor `a` in memory. */
interface ReadUpdate {
  readonly update: LowRankUpdate;
  readonly a: Float32Array;
}

/**
 * The tensors of a checkpoint by plain name, with adapters merged into them one after the other: a whole tensor of an
 * adapter replaces the tensor, an update is added to it.
 *
 * Tensors with updates become F32, like the sums; all others keep their type and bytes. In memory are only the rows
 * that are read, and the `a` factors of the tensor that was read last.
 */
export class MergedWeights implements WeightSource {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly unreadable: ReadonlyMap<string, string>;
  readonly #layers: ReadonlyMap<string, Layers>;
  readonly #arithmetic: Arithmetic;
  readonly #close: () => Promise<void>;
  #factors: { readonly name: string; readonly updates: Promise<readonly ReadUpdate[]> } | undefined;

  /**
   * @param base     the checkpoint, under any names; closed with this object, like the adapters
   * @param adapters in the order in which they were trained
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` if two tensors of the base have the same plain name, or an adapter
   *   updates a tensor that is missing, of another shape, or of integers
   */
  constructor(base: WeightSource, adapters: readonly Adapter[], arithmetic = nativeArithmetic()) {
    const plain = renamed(base, plainNames(base));
    const layers = new Map<string, Layers>();
    const unreadable = new Map([...base.unreadable].map(([name, reason]) => [plainName(name), reason]));
    const stack = (source: WeightSource) => {
      for (const [name, tensor] of source.tensors) {
        layers.set(name, { source, tensor, updates: [] });
        unreadable.delete(name);
      }
    };
    stack(plain);
    for (const { folder, replaced, updates } of adapters) {
      stack(replaced);
      for (const [name, update] of updates) {
        const below = layers.get(name);
        if (!below) throw missing(folder, name, unreadable.get(name));
        checkFit(folder, update, below.tensor);
        layers.set(name, { ...below, updates: [...below.updates, update] });
      }
    }
    this.tensors = new Map(
      [...layers].map(([name, { tensor, updates }]) => [
        name,
        updates.length === 0 ? tensor : { ...tensor, type: "F32" },
      ]),
    );
    this.unreadable = unreadable;
    this.#layers = layers;
    this.#arithmetic = arithmetic;
    this.#close = async () => {
      await Promise.all([base, ...adapters].map((files) => files.close()));
    };
  }

  /**
   * Reads rows of a tensor as F32, with all updates added.
   * @returns [count * rowLength(tensor)]
   * @throws {VanerError} `ERR_VANER_CHECKPOINT`
   */
  async readFloats(name: string, first: number, count: number): Promise<Float32Array> {
    const { source, tensor, updates } = this.#find(name);
    let rows = await readFloats(source, name, first, count, this.#arithmetic);
    for (const { update, a } of await this.#withFactors(name, updates)) {
      const b = await update.readB(first, count);
      rows = await this.#arithmetic.addLowRank(rows, b, a, update.scale, update.inputs);
    }
    if (first + count === tensor.shape[0]) this.#factors = undefined;
    return rows;
  }

  async readRows(name: string, first: number, count: number): Promise<Uint8Array> {
    const { source, updates } = this.#find(name);
    if (updates.length === 0) return source.readRows(name, first, count);
    const { buffer, byteOffset, byteLength } = await this.readFloats(name, first, count);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  close(): Promise<void> {
    this.#factors = undefined;
    return this.#close();
  }

  #find(name: string): Layers {
    const layers = this.#layers.get(name);
    if (layers) return layers;
    throw checkpointError(`The checkpoint has no tensor ${quoted(name)}.`);
  }

  #withFactors(name: string, updates: readonly LowRankUpdate[]): Promise<readonly ReadUpdate[]> {
    if (this.#factors?.name !== name) {
      const read = async (update: LowRankUpdate) => ({ update, a: await update.readA() });
      this.#factors = { name, updates: Promise.all(updates.map(read)) };
    }
    return this.#factors.updates;
  }
}

/** The names of `base`, by plain name. */
function plainNames(base: WeightSource): Map<string, string> {
  const names = new Map<string, string>();
  const seen = new Map<string, string>();
  for (const name of [...base.tensors.keys(), ...base.unreadable.keys()]) {
    const plain = plainName(name);
    const other = seen.get(plain);
    if (other !== undefined && other !== name) {
      throw checkpointError(
        `The checkpoint has both ${quoted(other)} and ${quoted(name)}; it is unclear which of them counts.`,
      );
    }
    seen.set(plain, name);
    if (base.tensors.has(name)) names.set(plain, name);
  }
  return names;
}

function missing(folder: string, name: string, unreadable: string | undefined): VanerError {
  const why = unreadable === undefined ? "the checkpoint does not have" : `cannot be read (${unreadable})`;
  return checkpointError(
    `${folder} updates ${quoted(name)}, which ${why}. Is it an adapter of another base?`,
  );
}

function checkFit(
  folder: string,
  { outputs, inputs }: LowRankUpdate,
  { name, shape, type }: StoredTensor,
): void {
  if (shape.length !== 2 || shape[0] !== outputs || shape[1] !== inputs) {
    throw checkpointError(
      `${folder} updates ${quoted(name)} as [${outputs}, ${inputs}], but it has the shape [${shape.join(", ")}]. ` +
        "Is it an adapter of another base?",
    );
  }
  if (!isFloat(type)) {
    throw checkpointError(
      `${folder} updates ${quoted(name)}, whose type is ${type}: the checkpoint is quantized. Use the unquantized one.`,
    );
  }
}
