/** The name, or a longer one where it is taken already, as by an earlier run. */
export function newName(name: string, taken: readonly string[]): string {
  let free = name;
  while (taken.includes(free)) free = `predicted_${free}`;
  return free;
}
