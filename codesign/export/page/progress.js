// The run in figures, generation by generation: fitness, sizes, diversity, how learning ended, operators, speed.

import { makeChart, makePanel } from "./figure.js";
import { NewStartsFigure } from "./newstarts.js";
import { OperatorFigure } from "./operators.js";
import { formatNumber, formatShort } from "./ticks.js";

const SERIES = 6;

/** The name of a colour for series number `i`. */
export function seriesColour(i) {
  return `series-${(i % SERIES) + 1}`;
}

/** Figures of `summary` in `host`; `unit` is that of fitness. */
export function showProgress(summary, unit, host) {
  const { generations } = summary;
  const zip = (values) => values.map((value, i) => [generations[i], value]);
  const quartiles = (values, i, name = "") => ({
    band: { kind: seriesColour(i), points: zip(values.low).map(([x, low], at) => [x, low, values.high[at]]) },
    line: { name, kind: seriesColour(i), points: zip(values.median) },
  });
  const across = { xLabel: "generation" };
  learningFigure(host, summary, unit, quartiles, zip, across);
  if (summary.from_scratch.length > 0) fromScratchFigure(host, summary, unit, zip, across);
  sizeFigure(host, summary, quartiles, across);
  if (summary.island_best.length > 1) islandFigure(host, summary, unit, zip, across);
  const diversity = { series: [{ name: "", kind: "main", points: zip(summary.diversity) }] };
  makeChart(
    host,
    { name: "diversity", title: "Diversity of the population", note: "Share of cells in which two members differ, on average." },
    { ...across, ...diversity, yLabel: "share of cells", ySpan: [0, null], summary: said("Diversity", summary.diversity) },
  );
  statusFigure(host, summary, zip, across);
  const newcomers = { series: [{ name: "", kind: "main", points: zip(summary.survivors) }] };
  makeChart(
    host,
    { name: "newcomers", title: "Newcomers in the population", note: "Designs of each generation that were selected." },
    { ...across, ...newcomers, yLabel: "designs", ySpan: [0, null], summary: said("Newcomers", summary.survivors, 0) },
  );
  if (summary.operators.length > 0) new OperatorFigure(host, summary.operators, unit);
  if (Object.keys(summary.operator_weights).length > 0) weightFigure(host, summary, zip, across);
  if (summary.new_starts) new NewStartsFigure(host, summary.new_starts, unit);
  speedFigures(host, summary, zip, across);
}

function said(name, values, digits = 3) {
  return `${name} from ${formatNumber(values.at(0), digits)} to ${formatNumber(values.at(-1), digits)}.`;
}

function fromScratchFigure(host, summary, unit, zip, across) {
  const line = (kind, values) => ({ name: "", kind, points: zip(values) });
  makeChart(
    host,
    {
      name: "fitness from scratch",
      title: "Fitness from drawn weights",
      key: [["ink", "as inherited"], [seriesColour(1), "from drawn weights"]],
      note: "Mean of the population: what its members do by what they inherited and learned, and what they learn to do without it.",
    },
    {
      ...across,
      series: [line("second", summary.mean), line(seriesColour(1), summary.from_scratch)],
      names: ["as inherited", "from drawn weights"],
      yLabel: unit ? `fitness [${unit}]` : "fitness",
      summary: said("Mean fitness from drawn weights", summary.from_scratch),
    },
  );
}

function learningFigure(host, summary, unit, quartiles, zip, across) {
  const [before, after] = [quartiles(summary.before, 1), quartiles(summary.after, 0)];
  makeChart(
    host,
    {
      name: "fitness before and after learning",
      title: "Fitness before and after learning",
      key: [[seriesColour(1), "before"], [seriesColour(0), "after"], ["ink", "best of the population"]],
      note: "Median and quartiles of the valid designs of each generation.",
    },
    {
      ...across,
      bands: [before.band, after.band],
      series: [before.line, after.line, { name: "", kind: "second", points: zip(summary.best) }],
      names: ["before", "after", "best"],
      yLabel: unit ? `fitness [${unit}]` : "fitness",
      summary: said("Median fitness after learning", summary.after.median),
    },
  );
}

function sizeFigure(host, summary, quartiles, across) {
  const [masses, muscles] = [quartiles(summary.masses, 0), quartiles(summary.muscles, 1)];
  makeChart(
    host,
    {
      name: "sizes",
      title: "Size of the bodies",
      key: [[seriesColour(0), "masses"], [seriesColour(1), "muscles"]],
      note: "Median and quartiles of all designs of each generation.",
    },
    {
      ...across,
      bands: [masses.band, muscles.band],
      series: [masses.line, muscles.line],
      names: ["masses", "muscles"],
      yLabel: "number",
      summary: said("Median number of masses", summary.masses.median, 0),
    },
  );
}

function islandFigure(host, summary, unit, zip, across) {
  const islands = summary.island_best;
  makeChart(
    host,
    { name: "islands", title: "Best of each island", note: "Fitness of the best member; the numbers are those of the islands." },
    {
      ...across,
      series: islands.map((values, i) => ({ name: String(i), kind: seriesColour(i), points: zip(values) })),
      names: islands.map((_, i) => `island ${i}`),
      yLabel: unit ? `fitness [${unit}]` : "fitness",
      summary: islands.map((values, i) => said(`Best of island ${i}`, values)).join(" "),
    },
  );
  const parts = [["within", summary.diversity_within], ["between", summary.diversity_between]];
  makeChart(
    host,
    {
      name: "diversity of islands",
      title: "Diversity within and between islands",
      key: parts.map(([name], i) => [seriesColour(i), name]),
      note: "Share of cells in which two members of one island differ, and members of two islands, on average.",
    },
    {
      ...across,
      series: parts.map(([name, values], i) => ({ name, kind: seriesColour(i), points: zip(values) })),
      names: parts.map(([name]) => name),
      yLabel: "share of cells",
      ySpan: [0, null],
      summary: parts.map(([name, values]) => said(`Diversity ${name} islands`, values)).join(" "),
    },
  );
}

/** How often each operator was used; those that are used most now are drawn, as many as there are colours. */
function weightFigure(host, summary, zip, across) {
  const weights = Object.entries(summary.operator_weights)
    .sort(([, a], [, b]) => (b.at(-1) ?? 0) - (a.at(-1) ?? 0))
    .slice(0, SERIES);
  const words = weights.map(([name]) => name.replaceAll("_", " "));
  makeChart(
    host,
    {
      name: "operator weights",
      title: "Weights of operators",
      key: words.map((name, i) => [seriesColour(i), name]),
      note: `Share of the designs of each generation that an operator made, adapted to what paid off; the ${words.length} highest.`,
    },
    {
      ...across,
      series: weights.map(([, values], i) => ({ name: "", kind: seriesColour(i), points: zip(values) })),
      names: words,
      yLabel: "share of designs",
      ySpan: [0, null],
      summary: weights.map(([, values], i) => `${words[i]} is at ${percent(values.at(-1))}.`).join(" "),
    },
  );
}

const STATUS_COLOURS = [1, 2, 4, 5, 6].map((number) => `series-${number}`); // the third is close to that of the line
const STATUS_WORDS = { ok: "learned to the end", stopped: "stopped by racing" };

/** Shares of how learning ended, one on top of the other, and the share that was valid as a line. */
function statusFigure(host, summary, zip, across) {
  const names = Object.keys(summary.statuses);
  const below = summary.generations.map(() => 0);
  const bands = names.map((name, i) => {
    const points = summary.statuses[name].map((share, at) => {
      const low = below[at];
      below[at] += share ?? 0;
      return [summary.generations[at], share === null ? null : low, below[at]];
    });
    return { kind: `${statusColour(i)} solid`, points };
  });
  const words = (name) => STATUS_WORDS[name] ?? name.replaceAll("_", " ");
  const shares = names.map((name) => `${words(name)} ${percent(summary.statuses[name].at(-1))}`);
  makeChart(
    host,
    {
      name: "how learning ended",
      title: "How learning ended",
      key: [...names.map((name, i) => [statusColour(i), words(name)]), ["ink", "valid"]],
      note: "Share of the designs of each generation.",
    },
    {
      ...across,
      bands,
      series: [{ name: "", kind: "main", points: zip(summary.valid) }],
      names: ["valid"],
      yLabel: "share of designs",
      ySpan: [0, 1],
      summary: `In the last generation ${percent(summary.valid.at(-1))} were valid: ${shares.join(", ")}.`,
    },
  );
}

function statusColour(i) {
  return STATUS_COLOURS[i % STATUS_COLOURS.length];
}

function percent(value) {
  return value === null || value === undefined ? "–" : `${formatNumber(100 * value, 0)} %`;
}

function speedFigures(host, summary, zip, across) {
  for (const [name, title, values, yLabel] of [
    ["robots per second", "Robots per second", summary.robots_per_second, "robots/s"],
    ["robot-steps per second", "Robot-steps per second", summary.robot_steps_per_second, "robot-steps/s"],
    ["wall time", "Wall time by generation", summary.seconds, "time [s]"],
  ]) {
    const total = summary.wall_seconds.findLast((value) => value !== null);
    const note = name === "wall time" && total !== undefined ? `${formatShort(total)} s in all.` : "";
    makeChart(
      host,
      { name, title, note },
      {
        ...across,
        series: [{ name: "", kind: "main", points: zip(values) }],
        yLabel,
        yFormat: formatShort,
        ySpan: [0, null],
        summary: `${title}: ${formatShort(values.at(-1) ?? 0)} in the last generation.`,
      },
    );
  }
}

/** A wide panel at the end of the figures. */
export function lineagePanel(host, count) {
  const title = count > 1 ? "Lineage of the best design" : "The best design, which has no ancestors";
  const note = count > 1 ? "First parents, from the oldest to the best design; fitness after learning." : "";
  return makePanel(host, { name: "lineage", title, note, wide: true });
}
