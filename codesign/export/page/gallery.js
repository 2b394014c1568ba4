// The cards: one per design, each with a small picture that moves while it is in view.

import { makeRenderer } from "./stage.js";
import { formatNumber, withUnit } from "./ticks.js";

const REST = 1; // seconds that a small picture waits before it starts again
const SLOW = 0.045; // seconds between two drawings
const STILLS_PER_DRAW = 3; // decoding many designs at once would hold up the page

const ORDERS = {
  fitness: (a, b) => (b.fitness ?? -Infinity) - (a.fitness ?? -Infinity),
  generation: (a, b) => a.generation - b.generation,
  learning: (a, b) => gain(b) - gain(a),
};

function gain(design) {
  const { first, best } = design.learning;
  return first === null || best === null ? -Infinity : best - first;
}

function span(name, text) {
  const node = document.createElement("span");
  node.className = name;
  node.textContent = text;
  return node;
}

export class Cards {
  /** Cards in the list `host`; `select(id)` is called when one is chosen. */
  constructor(gallery, host, select) {
    this.host = host;
    this.select = select;
    this.unit = gallery.units.fitness;
    this.moving = true;
    this.pace = gallery.designs.length; // moving cards drawn at a time
    this.turn = 0;
    this.seconds = 0;
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) this.cards.get(entry.target.dataset.design).visible = entry.isIntersecting;
    });
    this.inRun = gallery.history.generations.length > 0 || gallery.designs.some((each) => each.operator !== "given");
    this.cards = new Map(gallery.designs.map((design) => [design.id, this.makeCard(design)]));
    this.shown = gallery.designs;
    this.arrange("all", "fitness");
    new ResizeObserver(() => this.redraw()).observe(host);
  }

  makeCard(design) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const canvas = document.createElement("canvas");
    const fitness = withUnit(formatNumber(design.fitness, 3), this.unit);
    const of = this.inRun ? [`gen ${design.generation}`, design.operator] : [design.operator];
    button.type = "button";
    button.className = "card";
    button.dataset.design = design.id;
    button.append(
      canvas,
      span("card-fitness", design.atRest && design.fitness === null ? "" : fitness),
      span("card-id", design.id),
      span("card-origin", of.join(" · ").replaceAll("_", " ")),
    );
    const name = `${design.id}, ${of.length > 1 ? `generation ${design.generation}, ` : ""}fitness ${fitness}`;
    button.setAttribute("aria-label", name);
    button.addEventListener("click", () => this.select(design.id));
    item.append(button);
    this.observer.observe(button);
    return { design, item, button, renderer: makeRenderer(design.dim, canvas, false), visible: false, drawn: false };
  }

  /** Show the designs of one generation ("all" for every one) in an order of `ORDERS`. */
  arrange(generation, order) {
    this.shown = [...this.cards.values()]
      .map((card) => card.design)
      .filter((design) => generation === "all" || design.generation === Number(generation))
      .sort(ORDERS[order]);
    this.host.replaceChildren(...this.shown.map((design) => this.cards.get(design.id).item));
    this.redraw();
  }

  /** Have every card drawn anew, those out of view too. */
  redraw() {
    for (const card of this.cards.values()) card.drawn = false;
  }

  /** Draw every card that is shown as a still, at once. */
  drawAll(theme) {
    for (const { design, item, renderer } of this.cards.values()) {
      if (item.isConnected) renderer.draw(design, design.after, design.after.duration / 2, theme);
    }
  }

  mark(id) {
    for (const [each, { button }] of this.cards) button.setAttribute("aria-pressed", String(each === id));
  }

  /** Draw fewer cards at a time where the machine does not keep up, so that hands on the page do not wait. */
  adapt(seconds) {
    const late = seconds - this.seconds > SLOW;
    this.pace = late ? Math.max(1, this.pace >> 1) : Math.min(this.pace + 1, this.cards.size);
    this.seconds = seconds;
  }

  /** Draw the cards in view at `seconds` of a clock of their own, and a few of those not drawn yet as stills. */
  draw(theme, seconds) {
    this.adapt(seconds);
    const cards = [...this.cards.values()].filter((card) => card.item.isConnected);
    const moving = cards.filter((card) => card.visible && card.drawn && this.moving);
    const due = new Set(Array.from({ length: this.pace }, (_, i) => moving[(this.turn + i) % moving.length]));
    this.turn = (this.turn + this.pace) % Math.max(moving.length, 1);
    let stills = 0;
    for (const card of cards) {
      if (card.drawn && !due.has(card)) continue;
      if (!card.visible && ++stills > STILLS_PER_DRAW) continue;
      const { duration } = card.design.after;
      const time = this.moving ? seconds % (duration + REST) : duration / 2;
      card.renderer.draw(card.design, card.design.after, time, theme);
      card.drawn = true;
    }
  }
}
