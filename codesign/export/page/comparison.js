// Several runs side by side: curves of groups that differ in more than their seed, and tables.

import { makeChart, makePanel } from "./figure.js";
import { element } from "./svg.js";
import { formatNumber, formatShort, withUnit } from "./ticks.js";

const COLOURS = 6;
const ROW = 44;
const AXES = [
  ["generation", "generation", undefined],
  ["robot_steps", "robot-steps", formatShort],
  ["wall_seconds", "time [s]", formatShort],
];

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const { groups, runs, unit } = data;
const fitness = unit ? `fitness [${unit}]` : "fitness";
const key = groups.map((group, i) => [colour(i), group.name]);
const groupOf = new Map(groups.flatMap((group, i) => group.runs.map((run) => [run, i])));

function colour(i) {
  return `series-${(i % COLOURS) + 1}`;
}

/** A seventh group has the first one's colour, and is drawn in dashes. */
function look(i, thin = false) {
  return `${colour(i)}${i >= COLOURS ? " dashed" : ""}${thin ? " thin" : ""}`;
}

/** Best fitness of `run` where it is known, against what was spent until then; it stays until the next generation. */
function pointsOf(run, axis) {
  let steps = 0;
  const known = run.best.map((best, i) => {
    steps += run.robot_steps[i] ?? 0;
    return [{ generation: run.generations[i], robot_steps: steps, wall_seconds: run.wall_seconds[i] }[axis], best];
  }).filter(([at, best]) => at !== null && best !== null);
  if (axis === "generation") return known;
  return known.flatMap(([at, best], i) => (i > 0 ? [[at, known[i - 1][1]], [at, best]] : [[at, best]]));
}

function fitnessFigure([axis, xLabel, xFormat]) {
  const medians = groups.map(({ fitness: { [axis]: band }, name }, i) => ({
    name: "",
    said: name,
    kind: look(i),
    points: band.at.map((at, place) => [at, band.median[place]]),
  }));
  const bands = groups.map(({ fitness: { [axis]: band } }, i) => ({
    kind: colour(i),
    points: band.at.map((at, place) => [at, band.low[place], band.high[place]]),
  }));
  const each = runs
    .map((run, i) => ({ name: "", quiet: true, kind: look(groupOf.get(i), true), points: pointsOf(run, axis) }))
    .filter((_, i) => groups[groupOf.get(i)].runs.length > 1);
  makeChart(
    byId("figures"),
    {
      name: `fitness by ${xLabel}`,
      title: `Best fitness by ${xLabel.replace(/ \[.*/, "")}`,
      key,
      note: each.length > 0 ? "Median of a group's runs, from the lowest to the highest of them; each run thin." : "",
    },
    {
      series: [...each, ...medians],
      names: [...each.map(() => ""), ...medians.map((median) => median.said)],
      bands,
      xLabel,
      xFormat,
      yLabel: fitness,
      summary: `Best fitness of ${runs.length} runs by ${xLabel}.`,
    },
  );
}

function runFigure(name, title, note, values, yLabel, more = {}) {
  makeChart(
    byId("figures"),
    { name, title, note, key },
    {
      series: runs.map((run, i) => ({
        name: "",
        quiet: runs.length > COLOURS,
        kind: look(groupOf.get(i), groups[groupOf.get(i)].runs.length > 1),
        points: values(run).map((value, at) => [run.generations[at], value]),
      })),
      names: runs.map((run) => run.name),
      xLabel: "generation",
      yLabel,
      ySpan: [0, null],
      summary: `${title} of ${runs.length} runs.`,
      ...more,
    },
  );
}

/** A row of dots for each group: the final best of its runs, with a line at their median. */
function finalFigure() {
  const panel = { name: "final best", title: "Best fitness at the end", key, note: "A dot is a run, a bar the median." };
  const { body } = makePanel(byId("figures"), panel);
  body.classList.add("grown");
  const known = groups.flatMap((group) => group.final).filter((value) => value !== null);
  const draw = () => {
    const width = body.clientWidth;
    if (width === 0) return;
    const height = ROW * groups.length + 22;
    const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
    svg.setAttribute("aria-label", groups.map((group) => `${group.name}: ${said(group)}.`).join(" "));
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const x = (value) => 12 + (high > low ? (value - low) / (high - low) : 0.5) * (width - 24);
    groups.forEach((group, i) => {
      const y = ROW * i + 32;
      svg.append(
        element("text", { x: 0, y: y - 14, class: "name" }, `${shortened(group.name, width)}: ${said(group)}`),
        element("line", { x1: 0, x2: width, y1: y, y2: y, class: "rule" }),
      );
      const own = group.final.filter((value) => value !== null);
      for (const value of own) svg.append(element("circle", { cx: x(value), cy: y, r: 5, class: `dot-of ${colour(i)}` }));
      if (own.length > 1) {
        const middle = x(median(own));
        svg.append(element("line", { x1: middle, x2: middle, y1: y - 9, y2: y + 9, class: `series ${colour(i)}` }));
      }
    });
    body.style.height = `${height}px`;
    body.replaceChildren(svg);
  };
  new ResizeObserver(draw).observe(body);
  draw();
}

function shortened(text, width) {
  const most = Math.max(12, Math.floor(width / 6.6) - 26);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
}

function said({ final }) {
  const own = final.filter((value) => value !== null);
  if (own.length === 0) return "no valid design";
  const [low, high] = [Math.min(...own), Math.max(...own)].map((value) => formatNumber(value, 3));
  const middle = withUnit(formatNumber(median(own), 3), unit);
  return own.length > 1 ? `${middle} (${low} to ${high}, ${own.length} runs)` : middle;
}

function table(host, heads, rows) {
  const row = (cells, tag) => {
    const line = document.createElement("tr");
    for (const text of cells) {
      const cell = document.createElement(tag);
      cell.textContent = text;
      if (tag === "th") cell.scope = "col";
      line.append(cell);
    }
    return line;
  };
  const head = document.createElement("thead");
  head.append(row(heads, "th"));
  const body = document.createElement("tbody");
  body.append(...rows.map((cells) => row(cells, "td")));
  host.replaceChildren(head, body);
}

function fillTables() {
  const last = (values) => values.findLast((value) => value !== null) ?? null;
  table(
    byId("runs"),
    ["run", "group", "seed", "generations", `best ${fitness}`, "robot-steps", "time [s]", "robot-steps/s", "diversity"],
    runs.map((run, i) => {
      const seconds = last(run.wall_seconds);
      const planned = run.planned > run.generations.length ? ` of ${run.planned}` : "";
      return [
        run.name,
        groups[groupOf.get(i)].name,
        String(run.seed ?? "–"),
        `${run.generations.length}${planned}`,
        formatNumber(run.final, 3),
        formatShort(run.robot_steps_total ?? 0),
        seconds === null ? "–" : formatShort(seconds),
        seconds ? formatShort((run.robot_steps_total ?? 0) / seconds) : "–",
        formatNumber(last(run.diversity), 3),
      ];
    }),
  );
  const write = (value) => (value === null ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value));
  byId("differences").parentElement.parentElement.hidden = data.differences.length === 0;
  table(
    byId("differences"),
    ["setting", ...runs.map((run) => run.name)],
    data.differences.map(({ key: name, values }) => [name, ...values.map(write)]),
  );
}

function fillHead() {
  const several = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
  const tasks = data.differences.some(({ key }) => key === "task.name")
    ? " The tasks differ: fitness in one is no measure of fitness in another."
    : "";
  byId("summary").textContent =
    `${several(runs.length, "run")} in ${several(groups.length, "group")}; the runs of a group differ in their seed alone.${tasks}`;
  const faults = Object.entries(data.unreadable);
  byId("unreadable").hidden = faults.length === 0;
  byId("unreadable").append(
    ...faults.map(([name, reason]) => {
      const item = document.createElement("li");
      item.textContent = `${name} cannot be read: ${reason}`;
      return item;
    }),
  );
}

fillHead();
if (runs.length > 0) {
  for (const axis of AXES) fitnessFigure(axis);
  if (runs.some((run) => run.final !== null)) finalFigure();
  const ofCells = "Share of cells in which two members of the population differ, on average.";
  runFigure("diversity", "Diversity", ofCells, (run) => run.diversity, "share of cells");
  const speed = (run) => run.robot_steps_per_second;
  runFigure("throughput", "Throughput", "", speed, "robot-steps/s", { yFormat: formatShort });
}
fillTables();

/** What the page shows, for tests and for the curious. */
window.codesign = { groups: groups.map((group) => group.name), runs: runs.map((run) => run.name) };
