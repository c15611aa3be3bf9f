import type { Entity } from "../../../decoding/entities.js";
import { make } from "./element.js";
import { colour } from "./type-colours.js";

/** The legend: a switch for each type, with the number of its entities. */
export class TypeChoice {
  readonly #element: HTMLElement;
  readonly #types = new Map<string, { readonly box: HTMLInputElement; readonly count: HTMLElement }>();
  readonly #changed: () => void;

  constructor(element: HTMLElement, changed: () => void) {
    this.#element = element;
    this.#changed = changed;
  }

  /** Adds switches for types that have none. */
  add(types: Iterable<string>): void {
    for (const type of new Set(types)) if (!this.#types.has(type)) this.#addType(type);
  }

  isOn(type: string): boolean {
    return this.#types.get(type)?.box.checked ?? true;
  }

  count(entities: readonly Entity[]): void {
    const counts = new Map<string, number>();
    for (const { type } of entities) counts.set(type, (counts.get(type) ?? 0) + 1);
    for (const [type, { count }] of this.#types) count.textContent = String(counts.get(type) ?? 0);
  }

  #addType(type: string): void {
    const label = make("label");
    const box = make("input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", this.#changed);
    const count = make("span", "0");
    count.className = "count";
    label.append(box, make("span", type), " ", count);
    colour(label, type);
    this.#types.set(type, { box, count });
    this.#element.append(label);
  }
}
