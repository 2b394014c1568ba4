// The design that is looked at: its motion before and after learning, its curve, its place in the run, its lineage.

import { Orbit } from "./camera3d.js";
import { Chart, makeStrip } from "./charts.js";
import { Renderer2D } from "./renderer2d.js";
import { Renderer3D } from "./renderer3d.js";
import { sharedGraphics } from "./scene3d.js";
import { element, saveButton } from "./svg.js";
import { formatNumber, withUnit } from "./ticks.js";

const RENDERERS = { 2: Renderer2D, 3: Renderer3D };
const NO_WEBGL = "This browser cannot draw designs in 3D, because WebGL 2 is missing or switched off.";

/** A renderer for designs of `dim` dimensions on `canvas`; in 3D the reader looks from `orbit`. */
export function makeRenderer(dim, canvas, detailed, orbit) {
  return new RENDERERS[dim](canvas, detailed, orbit);
}

const byId = (id) => document.getElementById(id);

function pairs(list, entries) {
  list.replaceChildren(
    ...entries.flatMap(([term, value]) => {
      const name = document.createElement("dt");
      name.textContent = term;
      const text = document.createElement("dd");
      text.append(...[value].flat());
      return [name, text];
    }),
  );
}

const GIVEN = "given";

export class Stage {
  /** `actions`: `filter(generation)` narrows the gallery, `redraw()` has the views drawn again. */
  constructor(gallery, player, actions) {
    this.gallery = gallery;
    this.player = player;
    this.actions = actions;
    this.options = { follow: true, springs: false };
    this.orbit = gallery.dim === 3 ? new Orbit() : undefined;
    this.units = gallery.units;
    this.performance = this.units.fitness ? `performance [${this.units.fitness}]` : "performance";
    this.curveChart = new Chart(byId("curve"));
    this.runChart = new Chart(byId("run"));
    for (const [id, name] of [["curve", "learning"], ["run", "fitness over the run"]]) {
      const title = () => (id === "curve" ? `Learning of ${this.design.id}` : "Fitness over the run");
      const figure = () => ({ svg: byId(id).querySelector("svg"), title: title() });
      byId(id).parentElement.querySelector("header").append(saveButton(name, figure));
    }
    document.querySelector(".controls").append(saveButton("robot", () => this.scene()));
    this.views = ["before", "after"].map((name) => ({
      name,
      figure: byId(name),
      canvas: byId(name).querySelector("canvas"),
      output: byId(name).querySelector("output"),
      title: byId(name).querySelector(".view-title"),
      renderer: makeRenderer(gallery.dim, byId(name).querySelector("canvas"), true, this.orbit),
    }));
    if (this.orbit) this.prepareSpace();
  }

  /** Let hands turn the views, or say why there are none. */
  prepareSpace() {
    const graphics = sharedGraphics(this.actions.redraw);
    for (const { figure, canvas } of this.views) {
      if (graphics) {
        this.orbit.handle(canvas, this.actions.redraw);
        continue;
      }
      const notice = document.createElement("p");
      notice.className = "view-notice";
      notice.textContent = NO_WEBGL;
      figure.append(notice);
    }
  }

  /** What the views show at this moment as one figure, side by side. */
  scene() {
    const views = this.views.filter((view) => !view.figure.hidden);
    const { clientWidth: width, clientHeight: height } = views[0].canvas;
    const svg = element("svg", { viewBox: `0 0 ${width * views.length} ${height + 20}` });
    const fill = getComputedStyle(document.documentElement).getPropertyValue("--muted").trim();
    views.forEach(({ canvas, title, output }, i) => {
      const text = `${title.textContent} ${output.hidden ? "" : output.textContent}`.trim();
      svg.append(
        element("text", { x: i * width, y: 12, fill, "font-size": 12, "font-family": "sans-serif" }, text),
        element("image", { x: i * width, y: 20, width, height, href: canvas.toDataURL("image/png") }),
      );
    });
    return { svg, title: this.gallery.still ? this.design.id : `${this.design.id} at ${this.player.time.toFixed(2)} s` };
  }

  show(design) {
    this.design = design;
    const { first, best, iteration } = design.learning;
    byId("design").textContent = design.id;
    byId("design-line").textContent = this.describe(design);
    const { atRest } = design;
    byId("fitness").textContent = withUnit(formatNumber(design.fitness, 3), this.units.fitness);
    byId("score").hidden = atRest && design.fitness === null;
    byId("curve").parentElement.hidden = design.curve.length === 0;
    for (const view of this.views) {
      view.figure.hidden = !design[view.name];
      view.output.title = design.light
        ? "level distance of the centre of mass from the light"
        : "distance of the centre of mass from its start, along x";
    }
    byId("views").classList.toggle("single", !design.before);
    const alone = design.curve.length === 0 && !design.before; // simulated with weights that somebody gave
    const moved = alone ? "Motion" : "After learning";
    const title = iteration === null ? moved : `After ${iteration} learning steps`;
    this.views[1].title.textContent = atRest ? "At rest" : title;
    this.views[1].output.hidden = atRest;
    this.player.load(Array.from(design.after.times));
    byId("scrub").max = design.after.frames - 1;
    pairs(byId("facts"), this.facts(design));
    this.curveChart.show({
      series: [{ name: "", kind: "main", points: design.curve.map((value, step) => [step, value]) }],
      marks: best === null ? [] : [{ x: iteration, y: best, kind: "here", label: `best: ${formatNumber(best, 3)}` }],
      xLabel: "learning step",
      yLabel: this.performance,
      summary: `Learning curve: performance ${formatNumber(first, 3)} before learning, best ${formatNumber(best, 3)}.`,
    });
    this.showRun();
  }

  describe(design) {
    if (this.outside(design)) return GIVEN;
    const made = design.parents.length > 0 ? `${design.operator} of ${design.parents.join(" and ")}` : design.operator;
    return `Generation ${design.generation} · ${made.replaceAll("_", " ")}`;
  }

  /** Whether a design comes from a file and is in no run, so that it has no generation and no parents. */
  outside(design) {
    return design.operator === GIVEN && this.gallery.history.generations.length === 0;
  }

  facts(design) {
    const parents = design.parents.map((id) => {
      if (!this.gallery.byId.has(id)) return id;
      const link = document.createElement("a");
      link.href = `#${id}`;
      link.textContent = id;
      return link;
    });
    const separated = parents.flatMap((parent, i) => (i === 0 ? [parent] : [", ", parent]));
    const { first, best } = design.learning;
    const learned = design.curve.length > 0;
    const unit = this.units.fitness;
    const task = design.task && ` (${design.task.replaceAll("_", " ")})`;
    const fitness = withUnit(formatNumber(design.fitness, 4), unit) + task;
    const { unactuated, ...measures } = design.measures;
    const fall = unactuated ?? null;
    const origin = [
      ["Generation", String(design.generation)],
      ["Parents", separated.length > 0 ? separated : "none"],
      ["Operator", design.operator.replaceAll("_", " ")],
    ];
    return [
      ...(design.atRest && design.fitness === null ? [] : [["Fitness", fitness]]),
      ...(fall === null ? [] : [["Without actuation", this.fall(fall, design.fitness)]]),
      ...(learned ? [["Learning", withUnit(`${formatNumber(first, 3)} → ${formatNumber(best, 3)}`, unit)]] : []),
      ...(design.worlds ? [["Worlds", this.worlds(design)]] : []),
      ...(this.outside(design) ? [] : origin),
      ["Masses", String(design.mass_count)],
      ["Springs", String(design.spring_count)],
      ["Muscles", String(design.muscles.length)],
      ["Cells", String(design.cells.length)],
      ...(design.controller ? [["Controller", design.controller]] : []),
      ...Object.entries(measures).map(([name, value]) => [
        name.replaceAll("_", " "),
        withUnit(formatNumber(value, name === "size" ? 0 : 4), this.units[name]),
      ]),
    ];
  }

  /** What the design is worth with its muscles at rest and, of a way [m], which share of its fitness that is. */
  fall(unactuated, fitness) {
    const value = withUnit(formatNumber(unactuated, 4), this.units.fitness);
    const shared = this.units.fitness === "m" && fitness > 0 && unactuated > 0;
    return shared ? `${value}, ${Math.round((100 * unactuated) / fitness)} % of fitness` : value;
  }

  /** What the design does in several worlds, in words and as a strip of dots. */
  worlds({ worlds, world_fitness: all }) {
    const [low, high, spread] = [worlds.low, worlds.high, worlds.spread].map((value) => formatNumber(value, 3));
    const invalid = worlds.invalid > 0 ? `, ${worlds.invalid} invalid` : "";
    const unit = withUnit("", this.units.fitness);
    return [`${all.length}, from ${low} to ${high}${unit} (spread ${spread}${unit})${invalid}`, makeStrip(worlds.values, worlds.mean)];
  }

  /** The run's fitness by generation, with this design and the generations that the gallery holds. */
  showRun() {
    const { generations, best, mean } = this.gallery.history;
    const { design } = this;
    const zip = (values) => values.map((value, i) => [generations[i], value]);
    const offers = zip(best).filter(([generation, value]) => value !== null && this.gallery.offers(generation));
    const marks = offers.map(([generation, value]) => ({
      x: generation,
      y: value,
      kind: "offer",
      label: `show designs of generation ${generation}`,
      pick: () => this.actions.filter(generation),
    }));
    if (design.fitness !== null) {
      marks.push({ x: design.generation, y: design.fitness, kind: "here", label: design.id });
    }
    const ends = [best.at(0) ?? null, best.at(-1) ?? null].map((value) => formatNumber(value, 3));
    this.runChart.show({
      series: [
        { name: "best", kind: "main", points: zip(best) },
        { name: "mean", kind: "second", points: zip(mean) },
      ],
      marks,
      xLabel: "generation",
      yLabel: this.units.fitness ? `fitness [${this.units.fitness}]` : "fitness",
      summary: `Fitness over ${generations.length} generations: best from ${ends[0]} to ${ends[1]}.`,
    });
  }

  draw(theme) {
    const { player, design } = this;
    for (const { name, renderer, output } of this.views) {
      const trajectory = design[name];
      if (!trajectory) continue;
      renderer.draw(design, trajectory, player.time, theme, this.options);
      const frame = trajectory.frameAt(player.time);
      output.textContent = wayOf(design, trajectory, frame);
    }
    const scrub = byId("scrub");
    scrub.value = player.frame;
    scrub.setAttribute("aria-valuetext", `${player.time.toFixed(2)} seconds`);
    scrub.style.setProperty("--played", `${(100 * player.frame) / Math.max(design.after.frames - 1, 1)}%`);
    byId("clock").textContent = `${player.time.toFixed(2)} / ${player.duration.toFixed(2)} s`;
    byId("play").dataset.playing = player.playing;
    byId("play").setAttribute("aria-label", player.playing ? "Pause" : "Play");
  }
}

/** How far the robot has come along x, which is the way that tasks count, or how far it still has to the light. */
function wayOf({ light }, trajectory, frame) {
  if (light) return `${trajectory.distanceFrom(frame, light).toFixed(2)} m to the light`;
  const moved = trajectory.along(trajectory.centre, 0, frame) - trajectory.centre[0];
  return `${moved < -0.0005 ? "−" : "+"}${Math.abs(moved).toFixed(3)} m`;
}
