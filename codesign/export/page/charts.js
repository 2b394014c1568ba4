// Line charts as SVG: thin lines, direct labels, a readout under the pointer. Redrawn when their box changes size.

import { formatNumber, formatTick, niceStep } from "./ticks.js";

const MARGIN = { top: 14, bottom: 34, left: 56 };

function element(name, attributes = {}, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
}

/** A strip of dots, one for each value, with a line at their mean. */
export function makeStrip(values, mean) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const at = (value) => 3 + (high > low ? (value - low) / (high - low) : 0.5) * 94;
  const strip = element("svg", { class: "strip", viewBox: "0 0 100 8", role: "img", "aria-label": "fitness by world" });
  strip.append(
    element("line", { x1: 3, x2: 97, y1: 4, y2: 4, class: "rule" }),
    element("line", { x1: at(mean), x2: at(mean), y1: 0, y2: 8, class: "mean" }),
    ...values.map((value) => element("circle", { cx: at(value), cy: 4, r: 2, class: "world" })),
  );
  return strip;
}

/** Lowest and highest of the values, with zero where it is near, never of extent 0. */
function range(values) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (low > 0 && low < high - low) low = 0;
  if (high < 0 && -high < high - low) high = 0;
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [low === 0 ? 0 : low - room, high + room];
}

function ticks([low, high], most, least = 0) {
  const step = Math.max(niceStep((high - low) / most), least);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return { step, values: Array.from({ length: count }, (_, i) => (first + i) * step) };
}

export class Chart {
  /** A chart in the box `host`, redrawn whenever the box changes its size. */
  constructor(host) {
    this.host = host;
    new ResizeObserver(() => this.draw()).observe(host);
  }

  /**
   * Show `spec`: `series` [{ name, kind, points: [[x, y|null]] }], `marks` [{ x, y, kind, label, pick }],
   * `line` (x of a vertical line), `xLabel`, `yLabel`, `summary` (the chart in words).
   */
  show(spec) {
    this.spec = spec;
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!this.spec || width === 0) return;
    this.bottom = height - MARGIN.bottom;
    this.right = width - (this.spec.series.some((series) => series.name) ? 46 : 12);
    const known = this.spec.series.flatMap((series) => series.points).filter((point) => point[1] !== null);
    this.svg = element("svg", { width, height, role: "group", "aria-label": this.spec.summary });
    this.host.replaceChildren(this.svg);
    if (known.length === 0) {
      this.svg.append(element("text", { x: width / 2, y: height / 2, class: "empty" }, "nothing recorded"));
      return;
    }
    const marks = this.spec.marks ?? [];
    const xs = known.map((point) => point[0]).concat(marks.map((mark) => mark.x));
    const ys = known.map((point) => point[1]).concat(marks.map((mark) => mark.y));
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    this.domain = { x: left < right ? [left, right] : [left - 1, right + 1], y: range(ys) };
    this.x = (value) => this.place(value, this.domain.x, MARGIN.left, this.right);
    this.y = (value) => this.place(value, this.domain.y, this.bottom, MARGIN.top);
    this.drawAxes(width);
    this.spec.series.forEach((series) => this.drawSeries(series));
    this.drawNames();
    this.drawReadout(known);
    marks.forEach((mark) => this.drawMark(mark));
  }

  place(value, [low, high], from, to) {
    return from + ((value - low) / (high - low)) * (to - from);
  }

  drawAxes(width) {
    const { bottom } = this;
    const y = ticks(this.domain.y, 4);
    for (const value of y.values) {
      const kind = Math.abs(value) < y.step / 2 ? "axis" : "rule";
      const at = Math.round(this.y(value)) + 0.5;
      this.svg.append(element("line", { x1: MARGIN.left, x2: this.right, y1: at, y2: at, class: kind }));
      this.svg.append(
        element("text", { x: MARGIN.left - 8, y: at + 4, class: "tick end" }, formatTick(value, y.step)),
      );
    }
    const x = ticks(this.domain.x, Math.max(2, Math.floor(width / 55)), 1);
    for (const value of x.values) {
      this.svg.append(element("text", { x: this.x(value), y: bottom + 16, class: "tick" }, formatTick(value, 1)));
    }
    const middle = (MARGIN.left + this.right) / 2;
    this.svg.append(element("text", { x: middle, y: bottom + 32, class: "label" }, this.spec.xLabel));
    const upright = { x: 0, y: 0, transform: `translate(10 ${(MARGIN.top + bottom) / 2}) rotate(-90)`, class: "label" };
    this.svg.append(element("text", upright, this.spec.yLabel));
    if (this.spec.line !== undefined) {
      const at = this.x(this.spec.line);
      this.svg.append(element("line", { x1: at, x2: at, y1: MARGIN.top, y2: bottom, class: "cursor" }));
    }
  }

  drawSeries({ kind, points }) {
    let path = "";
    let pen = "M";
    for (const [x, y] of points) {
      if (y !== null) path += `${pen}${this.x(x).toFixed(1)} ${this.y(y).toFixed(1)}`;
      pen = y === null ? "M" : "L";
    }
    this.svg.append(element("path", { d: path, class: `series ${kind}` }));
  }

  /** Each line's name at its right end, moved apart where they would overlap. */
  drawNames() {
    const ends = this.spec.series
      .filter((series) => series.name)
      .map((series) => ({ ...series, end: series.points.findLast((point) => point[1] !== null) }))
      .filter((series) => series.end)
      .sort((a, b) => b.end[1] - a.end[1]);
    let lowest = -Infinity;
    for (const { name, kind, end } of ends) {
      const y = Math.max(this.y(end[1]) + 4, lowest + 13);
      this.svg.append(element("text", { x: this.x(end[0]) + 7, y, class: `name ${kind}` }, name));
      lowest = y;
    }
  }

  drawMark({ x, y, kind, label, pick }) {
    const radius = kind === "offer" ? 4 : 5;
    const mark = element("circle", { cx: this.x(x), cy: this.y(y), r: radius, class: `mark ${kind}` });
    mark.append(element("title", {}, label));
    if (pick) {
      const act = (event) => {
        if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        pick();
      };
      for (const [name, value] of [["tabindex", "0"], ["role", "button"], ["aria-label", label]]) {
        mark.setAttribute(name, value);
      }
      mark.addEventListener("click", act);
      mark.addEventListener("keydown", act);
    }
    this.svg.append(mark);
  }

  /** Values of the nearest point under the pointer. */
  drawReadout(known) {
    const cursor = element("line", { y1: MARGIN.top, y2: this.bottom, class: "cursor", visibility: "hidden" });
    const text = element("text", { y: MARGIN.top - 3, class: "readout" });
    const area = element("rect", {
      x: MARGIN.left,
      y: 0,
      width: Math.max(this.right - MARGIN.left, 0),
      height: this.bottom,
      class: "area",
    });
    const xs = [...new Set(known.map((point) => point[0]))];
    area.addEventListener("pointermove", (event) => {
      const at = event.clientX - this.svg.getBoundingClientRect().left;
      const nearest = xs.reduce((a, b) => (Math.abs(this.x(b) - at) < Math.abs(this.x(a) - at) ? b : a));
      const values = this.spec.series.map(({ name, points }) => {
        const value = points.find((point) => point[0] === nearest)?.[1];
        return `${name} ${formatNumber(value, 3)}`.trim();
      });
      const x = this.x(nearest);
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.setAttribute("visibility", "visible");
      text.setAttribute("x", Math.min(Math.max(x, MARGIN.left + 60), this.right - 60));
      text.textContent = `${this.spec.xLabel} ${nearest}: ${values.join(", ")}`;
    });
    area.addEventListener("pointerleave", () => {
      cursor.setAttribute("visibility", "hidden");
      text.textContent = "";
    });
    this.svg.append(cursor, area, text);
  }
}
