import pc from "picocolors";

/**
 * Renders columns of text, two spaces apart.
 * @param align one letter for each column: `l` or `r`
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: string,
  colour: boolean,
): string {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        align[column] === "r" ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const { dim } = pc.createColors(colour);
  return [dim(line(head)), ...rows.map(line)].map((text) => `${text}\n`).join("");
}

/** Renders names and their values, one a line. */
export function renderFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}
