import fc from "fast-check";
import type { Entity } from "../../lib/index.js";

/** Signs that take no place on a page. */
export const invisibleSigns = [
  "\u00ad",
  "\u200b",
  "\u200c",
  "\u200d",
  "\u2060",
  "\ufeff",
  "\u200e",
  "\u2066",
] as const;

export interface Strewn {
  readonly text: string;
  /** [n_visible + 1] place in `text` of each code unit of the visible text, then the length of `text`. */
  readonly places: readonly number[];
}

/**
 * Puts signs in front of code units of a text: `signs[i]` in front of unit `i`, the last at the end. At the end of a line
 * a reader sees soft hyphens: other signs take their place there.
 */
export function strew(visible: string, signs: readonly string[]): Strewn {
  let text = "";
  const places: number[] = [];
  for (let at = 0; at <= visible.length; at++) {
    const own = signs[at] ?? "";
    text += /[\n-\r\u2028]/.test(visible.charAt(at)) ? own.replaceAll("\u00ad", "\u2060") : own;
    places.push(text.length);
    text += visible.charAt(at);
  }
  return { text, places: [...places.slice(0, -1), text.length] };
}

/** Signs for {@link strew}, at every third place. */
export function strewing(length: number): fc.Arbitrary<string[]> {
  const run = fc
    .array(fc.constantFrom(...invisibleSigns), { minLength: 1, maxLength: 3 })
    .map((signs) => signs.join(""));
  const maybe = fc.oneof({ weight: 2, arbitrary: fc.constant("") }, { weight: 1, arbitrary: run });
  return fc.array(maybe, { minLength: length + 1, maxLength: length + 1 });
}

export function withoutSigns(text: string): string {
  return invisibleSigns.reduce((left, sign) => left.replaceAll(sign, ""), text);
}

/** Entities of the visible text as they are in the text with signs: none at their edges. */
export function inStrewn(entities: readonly Entity[], { text, places }: Strewn): Entity[] {
  return entities.map((entity) => {
    const start = places[entity.start] as number;
    const end = (places[entity.end - 1] as number) + 1;
    return { ...entity, text: text.slice(start, end), start, end };
  });
}
