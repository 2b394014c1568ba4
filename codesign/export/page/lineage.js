// The best design and its ancestors, the oldest first, each as a small picture; one figure that can be saved.

import { makeRenderer } from "./stage.js";
import { element } from "./svg.js";
import { formatNumber } from "./ticks.js";

const WIDE = 152; // pixels of a picture
const HIGH = 104;
const GAP = 26;
const TEXT = 52;

export class Lineage {
  /** Pictures of the designs `ids` (the youngest first) in `body`; `select(id)` is called when one is chosen. */
  constructor(gallery, ids, body, { select, unit }) {
    this.gallery = gallery;
    this.ids = ids.toReversed();
    this.body = body;
    this.select = select;
    this.unit = unit;
    this.body.classList.add("grown");
    this.canvas = document.createElement("canvas");
    this.canvas.className = "workbench";
    this.canvas.setAttribute("aria-hidden", "true");
    document.body.append(this.canvas);
    this.renderer = makeRenderer(gallery.dim, this.canvas, false);
    new ResizeObserver(() => this.arrange()).observe(body);
  }

  /** Draw every picture anew in the colours of a theme. */
  draw(theme) {
    this.pictures = this.ids.map((id) => {
      const design = this.gallery.byId.get(id);
      if (!design) return "";
      this.renderer.draw(design, design.after, design.after.duration / 2, theme);
      return this.canvas.toDataURL("image/png");
    });
    this.arrange();
  }

  arrange() {
    const width = this.body.clientWidth;
    if (width === 0 || !this.pictures) return;
    const columns = Math.max(1, Math.floor((width + GAP) / (WIDE + GAP)));
    const rows = Math.ceil(this.ids.length / columns);
    const height = rows * (HIGH + TEXT);
    const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group" });
    svg.setAttribute("aria-label", `Ancestors of ${this.ids.at(-1)}, the oldest first`);
    this.ids.forEach((id, i) => {
      const [x, y] = [(i % columns) * (WIDE + GAP), Math.floor(i / columns) * (HIGH + TEXT)];
      svg.append(this.entry(id, this.pictures[i], x, y));
      if (i + 1 < this.ids.length && (i + 1) % columns > 0) {
        const [from, middle] = [x + WIDE + 6, y + HIGH / 2];
        svg.append(element("path", { d: `M${from} ${middle}h12m-4-4l4 4l-4 4`, class: "arrow" }));
      }
    });
    this.body.style.height = `${height}px`;
    this.body.replaceChildren(svg);
  }

  entry(id, picture, x, y) {
    const design = this.gallery.byId.get(id);
    const group = element("g", { transform: `translate(${x} ${y})`, class: "ancestor" });
    group.append(element("rect", { width: WIDE, height: HIGH, rx: 6, class: "frame" }));
    if (!design) {
      group.append(element("text", { x: 2, y: HIGH + 16, class: "name main" }, id));
      return group;
    }
    const unit = this.unit ? ` ${this.unit}` : "";
    const made = design.operator.replaceAll("_", " ");
    group.append(
      element("image", { href: picture, width: WIDE, height: HIGH, preserveAspectRatio: "xMidYMid slice" }),
      element("text", { x: 2, y: HIGH + 16, class: "name main" }, `${formatNumber(design.fitness, 3)}${unit}`),
      element("text", { x: 2, y: HIGH + 31, class: "name" }, `gen ${design.generation} · ${made}`),
    );
    const label = `${id}, generation ${design.generation}, ${made}, fitness ${formatNumber(design.fitness, 3)}${unit}`;
    for (const [key, value] of [["tabindex", "0"], ["role", "button"], ["aria-label", label]]) {
      group.setAttribute(key, value);
    }
    group.addEventListener("click", () => this.select(id));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      this.select(id);
    });
    return group;
  }
}
