import type { Entity } from "../../../decoding/entities.js";
import { inLanes, piecesOf } from "../../../documents/formats/pictures/marks.js";
import { make } from "./element.js";
import { colour } from "./type-colours.js";

interface Laned {
  readonly entity: Entity;
  readonly lane: number;
}

/** The text with its entities marked. Entities that share text are underlined in lanes. */
export class MarkedText {
  readonly #element: HTMLElement;
  readonly #marks = new Map<Entity, HTMLElement>();

  constructor(element: HTMLElement) {
    this.#element = element;
    element.tabIndex = 0; // to be scrolled by keys
  }

  show(text: string, entities: readonly Entity[]): void {
    this.#marks.clear();
    const laned = inLanes(
      entities
        .map((entity) => ({ start: entity.start, end: entity.end, entity }))
        .sort((a, b) => a.start - b.start || b.end - a.end),
    );
    const nodes: Node[] = [];
    for (const { start, end, marks } of piecesOf(0, text.length, laned)) {
      nodes.push(this.#wrap(document.createTextNode(text.slice(start, end)), marks));
      const around = marks.filter((mark) => mark.end > end);
      for (const { entity } of marks.filter((mark) => mark.end === end)) {
        nodes.push(this.#wrap(labelOf(entity), around));
      }
    }
    this.#element.replaceChildren(...nodes);
    const lanes = laned.reduce((most, { lane }) => Math.max(most, lane), 0);
    this.#element.style.setProperty("--lanes", String(lanes));
  }

  /** Scrolls to an entity and gives it the focus. */
  focus(entity: Entity): void {
    this.#marks.get(entity)?.focus();
  }

  #wrap(inner: Node, marks: readonly Laned[]): Node {
    const note = marks.map(({ entity }) => noteOf(entity)).join("\n");
    return marks.reduceRight((node, { entity, lane }) => {
      const mark = make("mark");
      mark.append(node);
      mark.title = note;
      mark.style.setProperty("--lane", String(lane));
      colour(mark, entity.type);
      if (!this.#marks.has(entity)) {
        mark.tabIndex = -1;
        this.#marks.set(entity, mark);
      }
      return mark;
    }, inner);
  }
}

function noteOf({ type, start, end, score }: Entity): string {
  return `${type}: ${start}–${end}, score ${score.toFixed(3)}`;
}

function labelOf({ type }: Entity): HTMLElement {
  const label = make("small", type);
  colour(label, type);
  return label;
}
