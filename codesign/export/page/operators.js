// Which operators paid off: a row for each, with bars for the shares of its children that did.

import { makePanel } from "./figure.js";
import { element } from "./svg.js";
import { formatNumber } from "./ticks.js";

const ROW = 34;
const HEAD = 26;
const MOST = 12; // rows
const FEW = 5; // rows that a panel of the usual height has room for

export class OperatorFigure {
  constructor(host, operators, unit) {
    const note = "Of the children of each operator: how many entered the population, how many were fitter than their fittest parent.";
    const key = [["series-1", "entered"], ["series-2", "fitter than parent"]];
    const { section, body } = makePanel(host, { name: "operators", title: "Operators that paid off", key, note });
    section.classList.toggle("tall", operators.length > FEW);
    this.body = body;
    this.body.classList.add("grown");
    this.operators = operators.slice(0, MOST);
    this.unit = unit;
    new ResizeObserver(() => this.draw()).observe(this.body);
    this.draw();
  }

  draw() {
    const width = this.body.clientWidth;
    if (width === 0) return;
    const height = HEAD + ROW * this.operators.length;
    const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
    svg.setAttribute("aria-label", this.operators.map((each) => this.said(each)).join(" "));
    const gainText = this.unit ? `median gain [${this.unit}]` : "median gain";
    svg.append(
      element("text", { x: 0, y: 12, class: "name" }, "operator (children)"),
      element("text", { x: width, y: 12, class: "end" }, gainText),
    );
    const left = Math.min(0.42 * width, 190);
    const room = width - left - 96;
    const shares = this.operators.flatMap((each) => [each.entered, each.better].map((count) => count / each.children));
    const most = Math.max(...shares, 0.01);
    this.operators.forEach((each, row) => this.drawRow(svg, each, HEAD + row * ROW, { left, room, most, width }));
    this.body.style.height = `${height}px`;
    this.body.replaceChildren(svg);
  }

  drawRow(svg, each, top, { left, room, most, width }) {
    svg.append(element("line", { x1: 0, x2: width, y1: top - 3, y2: top - 3, class: "rule" }));
    const name = `${each.name.replaceAll("_", " ")} (${each.children})`;
    svg.append(element("text", { x: 0, y: top + 17, class: "name main" }, name));
    [each.entered, each.better].forEach((count, i) => {
      const share = count / each.children;
      const [y, length] = [top + 3 + 12 * i, Math.max((room * share) / most, 0.5)];
      svg.append(element("rect", { x: left, y, width: length, height: 9, class: `bar series-${i + 1}` }));
      const text = `${formatNumber(100 * share, share < 0.1 ? 1 : 0)} %`;
      svg.append(element("text", { x: left + length + 5, y: y + 8.5, class: "name small" }, text));
    });
    const gain = each.gain === null ? "–" : `${each.gain > 0 ? "+" : ""}${formatNumber(each.gain, 3)}`;
    svg.append(element("text", { x: width, y: top + 17, class: "end" }, gain));
  }

  said({ name, children, entered, better, gain }) {
    const changed = gain === null ? "" : `, median gain ${formatNumber(gain, 3)}`;
    return `${name}: ${children} children, ${entered} entered, ${better} fitter than their parent${changed}.`;
  }
}
