/** Passes on files that are chosen, dropped or pasted. */
export function takeFiles(input: HTMLInputElement, take: (file: File) => void): void {
  const takeFirst = (files: FileList | undefined | null) => {
    const [file] = files ?? [];
    if (file) take(file);
  };
  input.addEventListener("change", () => {
    takeFirst(input.files);
    input.value = ""; // the same file may be chosen again
  });
  const { body } = document;
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return; // text is dropped as the browser does it
    event.preventDefault();
    body.classList.add("dropping");
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    body.classList.remove("dropping");
    if (!hasFiles(event)) return;
    event.preventDefault();
    takeFirst(event.dataTransfer?.files);
  });
  document.addEventListener("paste", (event) => {
    const { clipboardData } = event;
    if (!clipboardData?.files.length || clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    takeFirst(clipboardData.files);
  });
}
