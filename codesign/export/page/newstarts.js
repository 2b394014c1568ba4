// What the best designs are worth from new starts, beside what selected them: a row for each, with whiskers.

import { makePanel } from "./figure.js";
import { element } from "./svg.js";
import { formatNumber } from "./ticks.js";

const ROW = 26;
const HEAD = 26;
const MOST = 20; // rows

export class NewStartsFigure {
  /** `found`: `designs` with what they are worth and how many new `starts` each had; `unit` is that of fitness. */
  constructor(host, found, unit) {
    const note =
      found.starts === 1
        ? "One new start of each of the best designs, from scratch."
        : `Mean, standard deviation and extremes of ${found.starts} new starts of each of the best designs, from scratch.`;
    const key = [["series-1", "from new starts"], ["series-2", "in the run"]];
    const { section, body } = makePanel(host, { name: "fitness from new starts", title: "Fitness from new starts", key, note });
    this.designs = found.designs.slice(0, MOST);
    section.classList.toggle("tall", this.designs.length > 6);
    this.body = body;
    this.body.classList.add("grown");
    this.unit = unit;
    new ResizeObserver(() => this.draw()).observe(this.body);
    this.draw();
  }

  draw() {
    const width = this.body.clientWidth;
    if (width === 0) return;
    const height = HEAD + ROW * this.designs.length;
    const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
    svg.setAttribute("aria-label", this.designs.map((each) => this.said(each)).join(" "));
    const right = this.unit ? `run, new starts [${this.unit}]` : "run, new starts";
    svg.append(
      element("text", { x: 0, y: 12, class: "name" }, "design"),
      element("text", { x: width, y: 12, class: "end" }, right),
    );
    const values = this.designs.flatMap((each) => [each.fitness, each.low, each.high]).filter((value) => value !== null);
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    const [left, room] = [92, Math.max(width - 92 - 118, 10)];
    const at = (value) => left + (room * (value - low)) / (high - low || 1);
    this.designs.forEach((each, row) => this.drawRow(svg, each, HEAD + row * ROW, at, width));
    this.body.style.height = `${height}px`;
    this.body.replaceChildren(svg);
  }

  drawRow(svg, each, top, at, width) {
    const y = top + 11;
    svg.append(element("line", { x1: 0, x2: width, y1: top - 3, y2: top - 3, class: "rule" }));
    svg.append(element("text", { x: 0, y: top + 15, class: "name main" }, each.id));
    if (each.mean !== null) {
      const spread = each.spread ?? 0;
      const [from, to] = [at(each.mean - spread), at(each.mean + spread)];
      svg.append(
        element("rect", { x: at(each.low), y: y - 0.75, width: Math.max(at(each.high) - at(each.low), 0.5), height: 1.5, class: "bar series-1" }),
        element("rect", { x: from, y: y - 3, width: Math.max(to - from, 0.5), height: 6, class: "bar series-1" }),
        element("rect", { x: at(each.mean) - 1.5, y: y - 7, width: 3, height: 14, class: "bar series-1" }),
      );
    }
    svg.append(element("rect", { x: at(each.fitness) - 1.5, y: y - 7, width: 3, height: 14, class: "bar series-2" }));
    const mean = each.mean === null ? "–" : formatNumber(each.mean, 3);
    svg.append(element("text", { x: width, y: top + 15, class: "end" }, `${formatNumber(each.fitness, 3)}, ${mean}`));
  }

  said({ id, fitness, mean, low, high }) {
    const reached = mean === null ? "none valid" : `${formatNumber(mean, 3)}, from ${formatNumber(low, 3)} to ${formatNumber(high, 3)}`;
    return `${id}: fitness ${formatNumber(fitness, 3)} in the run, from new starts ${reached}.`;
  }
}
