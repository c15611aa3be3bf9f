import type { Entity } from "../../../decoding/entities.js";
import { elementOf, make } from "./element.js";
import { colour } from "./type-colours.js";

/** Rows that are shown at first: thousands of them would make typing slow. */
const fewRows = 200;

/** The entities with their offsets and scores. */
export class EntityTable {
  readonly #rows = elementOf("rows", HTMLTableSectionElement);
  readonly #more = elementOf("all-rows", HTMLButtonElement);
  readonly #choose: (entity: Entity) => void;

  /** @param choose is called with the entity whose button was pressed */
  constructor(choose: (entity: Entity) => void) {
    this.#choose = choose;
  }

  show(entities: readonly Entity[]): void {
    this.#rows.replaceChildren(...entities.slice(0, fewRows).map((entity) => this.#rowOf(entity)));
    this.#more.hidden = entities.length <= fewRows;
    this.#more.textContent = `Show all ${entities.length} rows`;
    this.#more.onclick = () => {
      const row = this.#rows.rows.length;
      this.#rows.append(...entities.slice(row).map((entity) => this.#rowOf(entity)));
      this.#more.hidden = true;
      this.#rows.rows[row]?.querySelector("button")?.focus();
    };
  }

  #rowOf(entity: Entity): HTMLTableRowElement {
    const { text, type, start, end, score } = entity;
    const row = make("tr");
    const button = make("button", text);
    button.type = "button";
    button.addEventListener("click", () => this.#choose(entity));
    const typeCell = make("td", type);
    typeCell.className = "type";
    colour(typeCell, type);
    const numbers = [String(start), String(end), score.toFixed(3)].map((number) => make("td", number));
    const name = make("th");
    name.scope = "row";
    name.append(button);
    row.append(name, typeCell, ...numbers);
    return row;
  }
}
