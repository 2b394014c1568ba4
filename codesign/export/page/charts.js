// Line charts as SVG: thin lines, direct labels, a readout under the pointer. Redrawn when their box changes size.

import { element } from "./svg.js";
import { formatNumber, formatTick, niceStep } from "./ticks.js";

const MARGIN = { top: 14, bottom: 34, left: 56 };
const LETTER = 6.6; // pixels
const USUAL = 230; // pixels, the height of a chart that is on paper from the start

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
function range(values, [least, most] = [null, null]) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (low > 0 && low < high - low) low = 0;
  if (high < 0 && -high < high - low) high = 0;
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [least ?? (low === 0 ? 0 : low - room), most ?? high + room];
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
   * Show `spec`: `series` [{ name, kind, points: [[x, y|null]], quiet }], `bands` [{ kind, points: [[x, low|null, high]] }]
   * behind them, `marks` [{ x, y, kind, label, pick }], `xLabel`, `yLabel`, `summary` (the chart in words). `names` are
   * those of the series in the readout, where those that are `quiet` are left out, `ySpan` the ends of the vertical axis where they are given, `xFormat` and
   * `yFormat` write numbers otherwise than to three decimals.
   */
  show(spec) {
    this.spec = spec;
    this.draw();
  }

  draw() {
    const width = this.host.clientWidth;
    if (!this.spec || width === 0) return;
    const height = this.measureHeight();
    this.bottom = height - MARGIN.bottom;
    const longest = Math.max(...this.spec.series.map((series) => series.name.length));
    this.right = width - (longest ? LETTER * longest + 20 : 12);
    const bands = (this.spec.bands ?? []).flatMap((band) => band.points).filter((point) => point[1] !== null);
    const known = this.spec.series.flatMap((series) => series.points).filter((point) => point[1] !== null);
    this.svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group" });
    this.svg.setAttribute("aria-label", this.spec.summary);
    this.host.replaceChildren(this.svg);
    if (known.length === 0) {
      this.svg.append(element("text", { x: width / 2, y: height / 2, class: "empty" }, "nothing recorded"));
      return;
    }
    const marks = this.spec.marks ?? [];
    const xs = known.map((point) => point[0]).concat(marks.map((mark) => mark.x));
    const edges = bands.flatMap(([, low, high]) => [low, high]);
    const ys = known.map((point) => point[1]).concat(edges, marks.map((mark) => mark.y));
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    this.domain = { x: left < right ? [left, right] : [left - 1, right + 1], y: range(ys, this.spec.ySpan) };
    this.x = (value) => this.place(value, this.domain.x, MARGIN.left, this.right);
    this.y = (value) => this.place(value, this.domain.y, this.bottom, MARGIN.top);
    for (const band of this.spec.bands ?? []) this.drawBand(band);
    this.drawAxes(width);
    this.spec.series.forEach((series) => this.drawSeries(series));
    this.drawNames();
    this.drawReadout();
    marks.forEach((mark) => this.drawMark(mark));
  }

  /** On paper a box is as high as what is drawn in it, so that a chart has the height there that it had on the screen. */
  measureHeight() {
    if (!matchMedia("print").matches) this.height = this.host.clientHeight;
    return this.height ?? USUAL;
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
        element("text", { x: MARGIN.left - 8, y: at + 4, class: "tick end" }, (this.spec.yFormat ?? formatTick)(value, y.step)),
      );
    }
    const x = ticks(this.domain.x, Math.max(2, Math.floor(width / 60)), 1);
    for (const value of x.values) {
      const text = (this.spec.xFormat ?? formatTick)(value, 1);
      this.svg.append(element("text", { x: this.x(value), y: bottom + 16, class: "tick" }, text));
    }
    const middle = (MARGIN.left + this.right) / 2;
    this.svg.append(element("text", { x: middle, y: bottom + 32, class: "label" }, this.spec.xLabel));
    const upright = { x: 0, y: 0, transform: `translate(10 ${(MARGIN.top + bottom) / 2}) rotate(-90)`, class: "label" };
    this.svg.append(element("text", upright, this.spec.yLabel));
  }

  /** What lies between two lines; where it ends, it begins again after the gap. */
  drawBand({ kind, points }) {
    let part = [];
    const close = () => {
      const along = part.map(([x, low]) => `${this.x(x).toFixed(1)} ${this.y(low).toFixed(1)}`);
      const back = part.toReversed().map(([x, , high]) => `${this.x(x).toFixed(1)} ${this.y(high).toFixed(1)}`);
      if (part.length > 0) this.svg.append(element("path", { d: `M${[...along, ...back].join("L")}Z`, class: `band ${kind}` }));
      part = [];
    };
    for (const point of points) {
      if (point[1] === null) close();
      else part.push(point);
    }
    close();
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
  drawReadout() {
    const told = this.spec.series.map((series, i) => ({ ...series, said: this.spec.names?.[i] ?? series.name }));
    const loud = told.filter((series) => !series.quiet);
    const cursor = element("line", { y1: MARGIN.top, y2: this.bottom, class: "cursor", visibility: "hidden" });
    const text = element("text", { y: MARGIN.top - 3, class: "readout" });
    const area = element("rect", {
      x: MARGIN.left,
      y: 0,
      width: Math.max(this.right - MARGIN.left, 0),
      height: this.bottom,
      class: "area",
    });
    const xs = [...new Set(loud.flatMap(({ points }) => points.filter((point) => point[1] !== null).map(([x]) => x)))];
    if (xs.length === 0) return;
    area.addEventListener("pointermove", (event) => {
      const at = event.clientX - this.svg.getBoundingClientRect().left;
      const nearest = xs.reduce((a, b) => (Math.abs(this.x(b) - at) < Math.abs(this.x(a) - at) ? b : a));
      const write = this.spec.yFormat ?? ((value) => formatNumber(value, 3));
      const values = loud.map(({ said, points }) => {
        const value = points.find((point) => point[0] === nearest)?.[1] ?? null;
        return `${said} ${value === null ? formatNumber(null) : write(value)}`.trim();
      });
      const x = this.x(nearest);
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.setAttribute("visibility", "visible");
      text.setAttribute("x", Math.min(Math.max(x, MARGIN.left + 60), this.right - 60));
      text.textContent = `${this.spec.xLabel} ${(this.spec.xFormat ?? String)(nearest)}: ${values.join(", ")}`;
    });
    area.addEventListener("pointerleave", () => {
      cursor.setAttribute("visibility", "hidden");
      text.textContent = "";
    });
    this.svg.append(cursor, area, text);
  }
}
