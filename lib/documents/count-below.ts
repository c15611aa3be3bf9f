/** How many leading elements are at positions below a limit, by binary search: positions ascend. */
export function countBelow<Each>(
  elements: readonly Each[],
  limit: number,
  positionOf: (element: Each, index: number) => number,
): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positionOf(elements[middle] as Each, middle) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
