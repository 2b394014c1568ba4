// What an analysis found: answers in words, rows of dots by group, curves, and tables.

import { makeChart, makePanel } from "./figure.js";
import { element } from "./svg.js";

const COLOURS = 6;
const SHORT = 20; // rows of a table that is open from the start
const ROW = 46;

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);

const colour = (i) => `series-${(i % COLOURS) + 1}`;

function node(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function fillAnswers() {
  byId("summary").textContent = data.summary;
  byId("notices").hidden = data.notices.length === 0;
  byId("notices").append(...data.notices.map((text) => node("li", text)));
  byId("answers").append(
    ...data.answers.flatMap(({ question, text, refuted }) => [
      node("h3", question),
      node("p", text),
      ...(refuted ? [node("p", refuted, "note")] : []),
    ]),
  );
}

/** A number of three digits, however small it is. */
function threeDigits(value) {
  const shown = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return String(shown).replaceAll("-", "−");
}

function said({ middle, low, high, values }) {
  if (middle === null) return "nothing known";
  const ends = low === null ? "" : ` [${threeDigits(low)}, ${threeDigits(high)}]`;
  return `${threeDigits(middle)}${ends}, ${values.length} dots`;
}

/** A row of dots for each group, with a bar at its middle and a line over the interval. */
function dotFigure({ title, note, label, rows, zero }) {
  const { body } = makePanel(byId("figures"), { name: title, title, note });
  body.classList.add("grown");
  const every = rows.flatMap(({ values, low, high }) => [...values, low, high]).filter((value) => value !== null);
  const known = zero ? [...every, 0] : every;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const draw = () => {
    const width = body.clientWidth;
    if (width === 0) return;
    const height = ROW * rows.length + 36;
    const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
    svg.setAttribute("aria-label", `${label}. ${rows.map((row) => `${row.name}: ${said(row)}.`).join(" ")}`);
    const x = (value) => 12 + (most > least ? (value - least) / (most - least) : 0.5) * (width - 24);
    rows.forEach((row, i) => {
      const y = ROW * i + 34;
      svg.append(
        element("text", { x: 0, y: y - 14, class: "name" }, `${row.name}: ${said(row)}`),
        element("line", { x1: 0, x2: width, y1: y, y2: y, class: "rule" }),
        ...row.values.map((value) => element("circle", { cx: x(value), cy: y, r: 4, class: `dot-of faint ${colour(row.colour)}` })),
      );
      if (row.low !== null) {
        svg.append(element("line", { x1: x(row.low), x2: x(row.high), y1: y, y2: y, class: `series ${colour(row.colour)}` }));
      }
      if (row.middle !== null) {
        const at = x(row.middle);
        svg.append(element("line", { x1: at, x2: at, y1: y - 9, y2: y + 9, class: `series ${colour(row.colour)}` }));
      }
    });
    const low = ROW * rows.length + 22;
    svg.append(
      element("text", { x: x(least), y: low, class: "tick start" }, threeDigits(least)),
      element("text", { x: x(most), y: low, class: "tick end" }, threeDigits(most)),
      element("text", { x: width / 2, y: low + 8, class: "label" }, label),
    );
    body.style.height = `${height}px`;
    body.replaceChildren(svg);
  };
  new ResizeObserver(draw).observe(body);
  draw();
}

function lineFigure({ title, note, x_label: xLabel, y_label: yLabel, names, series }) {
  makeChart(
    byId("figures"),
    { name: title, title, note, key: names.map((name, i) => [colour(i), name]) },
    {
      series: series.map(({ name, thin, x, y }) => ({
        name: "",
        quiet: thin,
        kind: `${colour(name)}${thin ? " thin" : ""}`,
        points: x.map((at, i) => [at, y[i]]),
      })),
      names: series.map(({ name, thin }) => (thin ? "" : names[name])),
      xLabel,
      yLabel,
      summary: `${title}: ${names.join(", ")}.`,
    },
  );
}

function fillTable({ title, heads, rows }, i) {
  const section = node("details", "", "panel sheet");
  section.open = rows.length <= SHORT;
  const heading = node("summary", `${title} (${rows.length} rows)`);
  heading.id = `table-${i}`;
  const scroll = node("div", "", "scroll");
  for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-labelledby", heading.id]]) {
    scroll.setAttribute(name, value);
  }
  const table = document.createElement("table");
  const line = (cells, tag) => {
    const row = document.createElement("tr");
    row.append(
      ...cells.map((text) => {
        const cell = node(tag, text);
        if (tag === "th") cell.scope = "col";
        return cell;
      }),
    );
    return row;
  };
  const head = document.createElement("thead");
  head.append(line(heads, "th"));
  const body = document.createElement("tbody");
  body.append(...rows.map((cells) => line(cells, "td")));
  table.append(head, body);
  scroll.append(table);
  section.append(heading, scroll);
  byId("tables").append(section);
}

fillAnswers();
for (const figure of data.figures) (figure.kind === "dots" ? dotFigure : lineFigure)(figure);
data.tables.forEach(fillTable);
window.addEventListener("beforeprint", () => {
  for (const table of document.querySelectorAll("details")) table.open = true;
});

/** What the page shows, for tests and for the curious. */
window.codesign = { answers: data.answers.length, figures: data.figures.map((figure) => figure.title) };
