import { findNodeAtLocation, type JSONPath, type Node } from "jsonc-parser";
import type { Insertion } from "../../insert.js";

/**
 * Appends elements to an array in the text of a JSON document; makes the array if its object lacks it.
 * @param tree of the text
 * @param object where in it the object is, which is not empty
 */
export function appendTo(
  tree: Node,
  object: JSONPath,
  key: string,
  elements: readonly unknown[],
): Insertion[] {
  if (elements.length === 0) return [];
  const list = elements.map((element) => JSON.stringify(element)).join(",");
  const array = findNodeAtLocation(tree, [...object, key]);
  if (array?.type === "array") return [atEndOf(array, array.children?.length ? `,${list}` : list)];
  const parent = findNodeAtLocation(tree, object);
  return parent ? [atEndOf(parent, `,${JSON.stringify(key)}:[${list}]`)] : [];
}

/** Inserts in front of the closing bracket of an array or object. */
export const atEndOf = ({ offset, length }: Node, piece: string): Insertion => ({
  at: offset + length - 1,
  piece,
});
