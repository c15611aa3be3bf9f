/** Has the browser save a file. */
export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Some browsers read the content only after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
