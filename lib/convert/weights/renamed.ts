import type { WeightSource } from "./source.js";

/**
 * Gives some tensors of a source new names.
 * @param names names in `source` by new name; all of them exist
 */
export function renamed(source: WeightSource, names: ReadonlyMap<string, string>): WeightSource {
  const original = (name: string) => names.get(name) ?? name;
  return {
    tensors: new Map(
      [...names].flatMap(([name, from]) => {
        const tensor = source.tensors.get(from);
        return tensor ? [[name, { name, type: tensor.type, shape: tensor.shape }]] : [];
      }),
    ),
    unreadable: new Map(),
    readRows: (name, first, count) => source.readRows(original(name), first, count),
    close: () => source.close(),
  };
}
