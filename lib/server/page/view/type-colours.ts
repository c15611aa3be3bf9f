import { palette, TypeColours } from "../../../documents/formats/pictures/marks.js";

const numbers = new TypeColours();

/** Gives an element the colour of a type, as the stylesheet's `--c`. */
export function colour(element: HTMLElement, type: string): void {
  element.style.setProperty("--c", palette[numbers.of(type)] as string);
}
