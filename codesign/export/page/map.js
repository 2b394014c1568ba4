// What a search keeps, by what it looks at: an archive as cells, anything else as points, coloured by fitness.

import { makePanel } from "./figure.js";
import { element } from "./svg.js";
import { formatNumber, formatTick, niceStep, withUnit } from "./ticks.js";

const LEVELS = 8;
const MARGIN = { top: 30, right: 14, bottom: 44, left: 64 };
const MOST_HEIGHT = 460; // pixels
const MOST_CELL = 64; // pixels of a cell's width
const RADIUS = 6;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const colourOf = (level) => `var(--level-${level})`;
const words = (name) => name.replaceAll("_", " ");

export class DesignMap {
  /** A map in `host`; `select(id)` is called when a design is chosen that `gallery` has moving. */
  constructor(gallery, host, select) {
    this.gallery = gallery;
    this.select = select;
    this.map = gallery.map;
    this.chosen = null;
    const { axes, mark } = this.map;
    this.cells = axes.every((axis) => axis.cells > 0);
    const key = [["level-0", "less fit"], [`level-${LEVELS - 1}`, "fitter"]];
    const way = "Those with an outline move above when they are chosen; arrow keys go from one to the next.";
    const marked = mark ? ` Those of the ${mark} are diamonds.` : "";
    const panel = { name: this.map.title, title: this.map.title, key, note: `${this.map.note}${marked} ${way}`, wide: true };
    this.body = makePanel(host, panel).body;
    this.body.classList.add("grown");
    this.arrangePoints();
    new ResizeObserver(() => this.draw()).observe(this.body);
    this.draw();
  }

  /** The designs with their levels; of several in one cell the fittest, so that each has its place. */
  arrangePoints() {
    const known = this.map.designs.filter((each) => each.across !== null && each.up !== null);
    const sorted = known.toSorted((a, b) => b.fitness - a.fitness);
    const [least, most] = [sorted.at(-1)?.fitness ?? 0, sorted[0]?.fitness ?? 1];
    const level = (fitness) => Math.min(LEVELS - 1, Math.floor((LEVELS * (fitness - least)) / (most - least || 1)));
    this.span = [least, most];
    this.ends = this.map.axes.map((axis, i) => this.endsOf(axis, sorted.map((each) => (i ? each.up : each.across))));
    const taken = new Set();
    this.points = [];
    for (const each of sorted) {
      const at = [each.across, each.up].map((value, i) => this.cellOf(value, i));
      if (this.cells && taken.has(at.join())) continue;
      taken.add(at.join());
      this.points.push({ ...each, at, level: level(each.fitness), moving: this.gallery.byId.has(each.design) });
    }
  }

  endsOf({ lowest, highest }, values) {
    if (lowest !== null && highest !== null) return [lowest, highest];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [low - room, high + room];
  }

  cellOf(value, i) {
    const [low, high] = this.ends[i];
    const { cells } = this.map.axes[i];
    return Math.max(0, Math.min(cells - 1, Math.floor((cells * (value - low)) / (high - low))));
  }

  draw() {
    const width = this.body.clientWidth;
    if (width === 0) return;
    const [columns] = this.map.axes.map((axis) => axis.cells);
    const room = width - MARGIN.left - MARGIN.right;
    const wide = this.cells ? Math.min(room, columns * MOST_CELL) : room;
    const high = Math.min(MOST_HEIGHT, Math.max(220, 0.6 * wide));
    const height = high + MARGIN.top + MARGIN.bottom;
    this.size = [wide, high];
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.design : null;
    const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", class: "map" });
    svg.setAttribute("aria-label", `${this.map.title}: ${this.points.length} designs. ${this.map.note}`);
    this.drawAxes(svg);
    this.drawScale(svg, width);
    this.drawEmpty(svg);
    // The fittest last, so that it is on top.
    this.nodes = new Map();
    for (const point of this.points.toReversed()) svg.append(this.node(point));
    svg.addEventListener("keydown", (event) => this.walk(event));
    this.body.style.height = `${height}px`;
    this.body.replaceChildren(svg);
    this.mark(this.chosen);
    if (focused) this.nodes.get(focused)?.focus();
  }

  place(value, i) {
    const [low, high] = this.ends[i];
    const share = Math.max(0, Math.min(1, (value - low) / (high - low)));
    return i === 0 ? MARGIN.left + share * this.size[0] : MARGIN.top + (1 - share) * this.size[1];
  }

  drawAxes(svg) {
    const bottom = MARGIN.top + this.size[1];
    this.map.axes.forEach((axis, i) => {
      const [low, high] = this.ends[i];
      const step = niceStep((high - low) / Math.max(2, Math.floor(this.size[i] / 70)));
      for (let tick = Math.ceil(low / step - 1e-9); tick * step <= high + 1e-9 * step; tick++) {
        const at = this.place(tick * step, i);
        const text = formatTick(tick * step, step);
        const mark = i === 0 ? { x: at, y: bottom + 17, class: "tick" } : { x: MARGIN.left - 8, y: at + 4, class: "tick end" };
        const [x2, y2] = i === 0 ? [at, bottom + 4] : [MARGIN.left - 4, at];
        const from = i === 0 ? { x1: at, y1: bottom } : { x1: MARGIN.left, y1: at };
        svg.append(element("line", { ...from, x2, y2, class: "axis" }), element("text", mark, text));
      }
      const name = axis.unit ? `${words(axis.name)} [${axis.unit}]` : words(axis.name);
      const middle = i === 0 ? MARGIN.left + this.size[0] / 2 : MARGIN.top + this.size[1] / 2;
      const label = i === 0 ? { x: middle, y: bottom + 36 } : { x: 0, y: 0, transform: `translate(14 ${middle}) rotate(-90)` };
      svg.append(element("text", { ...label, class: "label" }, name));
    });
    const [width, height] = this.size;
    svg.append(element("rect", { x: MARGIN.left, y: MARGIN.top, width, height, class: "field" }));
  }

  /** The colours of fitness, with what the ends stand for. */
  drawScale(svg) {
    const unit = this.gallery.units.fitness;
    const [low, high] = this.span.map((value) => withUnit(formatNumber(value, 3), unit));
    svg.append(element("text", { x: MARGIN.left, y: 15, class: "name" }, `fitness ${low}`));
    const left = MARGIN.left + 8 + 6.6 * `fitness ${low}`.length;
    for (let level = 0; level < LEVELS; level++) {
      svg.append(element("rect", { x: left + 14 * level, y: 6, width: 14, height: 10, fill: colourOf(level) }));
    }
    svg.append(element("text", { x: left + 14 * LEVELS + 8, y: 15, class: "name" }, high));
  }

  drawEmpty(svg) {
    for (const [x, y] of this.map.empty) {
      svg.append(element("circle", { cx: this.place(x, 0), cy: this.place(y, 1), r: 2, class: "vacant" }));
    }
    if (!this.cells) return;
    const [columns, rows] = this.map.axes.map((axis) => axis.cells);
    let path = "";
    for (let i = 1; i < columns; i++) path += `M${MARGIN.left + (i * this.size[0]) / columns} ${MARGIN.top}v${this.size[1]}`;
    for (let i = 1; i < rows; i++) path += `M${MARGIN.left} ${MARGIN.top + (i * this.size[1]) / rows}h${this.size[0]}`;
    svg.append(element("path", { d: path, class: "lattice" }));
  }

  node(point) {
    const { design, marked, level, moving, at } = point;
    const look = { class: moving ? "spot moving" : "spot", fill: colourOf(level) };
    let node = null;
    if (this.cells) {
      const [width, height] = this.map.axes.map((axis, i) => this.size[i] / axis.cells);
      [point.x, point.y] = [MARGIN.left + (at[0] + 0.5) * width, MARGIN.top + this.size[1] - (at[1] + 0.5) * height];
      const corner = { x: point.x - width / 2 + 1, y: point.y - height / 2 + 1 };
      node = element("rect", { ...corner, width: Math.max(width - 2, 1), height: Math.max(height - 2, 1), ...look });
    } else {
      [point.x, point.y] = [this.place(point.across, 0), this.place(point.up, 1)];
      const r = RADIUS + 2;
      const diamond = { d: `M${point.x} ${point.y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}Z` };
      node = marked
        ? element("path", { ...diamond, ...look })
        : element("circle", { cx: point.x, cy: point.y, r: RADIUS, ...look });
    }
    const said = this.said(point);
    node.append(element("title", {}, moving ? said : `${said}; not among the designs of this page`));
    if (!moving) return node;
    node.dataset.design = design;
    for (const [key, value] of [["role", "button"], ["aria-label", said], ["tabindex", "-1"]]) node.setAttribute(key, value);
    node.addEventListener("click", () => this.select(design));
    this.nodes.set(design, node);
    return node;
  }

  said({ design, across, up, fitness, marked }) {
    const values = [across, up].map((value, i) => [this.map.axes[i], value]).filter(([axis]) => axis.name !== "fitness");
    const told = values.map(([axis, value]) => `${words(axis.name)} ${withUnit(formatNumber(value, 2), axis.unit)}`);
    const fit = `fitness ${withUnit(formatNumber(fitness, 3), this.gallery.units.fitness)}`;
    return [design, ...told, fit, ...(marked ? [this.map.mark] : [])].join(", ");
  }

  /** Enter or space chooses; an arrow goes to the nearest design that way. */
  walk(event) {
    const point = this.points.find((each) => each.design === event.target.dataset?.design);
    const way = WAYS[event.key];
    if (!point || (!way && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!way) {
      this.select(point.design);
      return;
    }
    let nearest = null;
    for (const other of this.points) {
      if (!other.moving || other === point) continue;
      const [x, y] = [other.x - point.x, other.y - point.y];
      const ahead = x * way[0] + y * way[1];
      const aside = Math.abs(x * way[1] + y * way[0]);
      const far = ahead + 3 * aside;
      if (ahead > 0.5 && (nearest === null || far < nearest.far)) nearest = { other, far };
    }
    if (nearest) this.reach(nearest.other.design, true);
  }

  /** Let the tabulator come to one design of the map, and perhaps go there at once. */
  reach(design, go = false) {
    for (const [id, node] of this.nodes) node.setAttribute("tabindex", id === design ? "0" : "-1");
    if (go) this.nodes.get(design).focus();
  }

  /** Show which design is on the stage. */
  mark(id) {
    this.chosen = id;
    for (const [each, node] of this.nodes ?? []) {
      node.classList.toggle("chosen", each === id);
      node.setAttribute("aria-pressed", String(each === id));
    }
    const first = this.points.find((each) => each.moving)?.design;
    if (first) this.reach(this.nodes?.has(id) ? id : first);
  }
}
