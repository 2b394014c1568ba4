// The shape of a body at rest as it was drawn, beside what learning made of it, and how much changed in numbers.

import { makeRenderer } from "./stage.js";

const byId = (id) => document.getElementById(id);

/** A share as per cent, with one digit after the point where it is small. */
function percent(share) {
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
}

export class Shape {
  /** Views of designs of `gallery`, turned by the `orbit` of the stage in 3D; `redraw()` has the page drawn again. */
  constructor(gallery, orbit, redraw) {
    this.views = ["drawn", "learned"].map((id) => {
      const canvas = byId(id).querySelector("canvas");
      if (orbit) orbit.handle(canvas, redraw);
      return makeRenderer(gallery.dim, canvas, false, orbit);
    });
    this.spatial = gallery.dim === 3;
  }

  show(design) {
    this.design = design.still;
    byId("shape").hidden = !this.design;
    if (!this.design) return;
    const rows = design.shapes.changes.map(({ name, mean, most }) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = name;
      row.append(head);
      for (const share of [mean, most]) row.insertCell().textContent = percent(share);
      return row;
    });
    byId("changes").tBodies[0].replaceChildren(...rows);
  }

  draw(theme) {
    if (!this.design) return;
    const { before, after } = this.design;
    const options = { springs: this.spatial, title: true };
    this.views[0].draw(this.design, before, 0, theme, options);
    this.views[1].draw(this.design, after, 0, theme, { ...options, outlined: before });
  }
}
