// Puts the page together: data in, one loop that draws, and what the reader's hands do.

import { decodeGallery } from "./decode.js";
import { Cards } from "./gallery.js";
import { Lineage } from "./lineage.js";
import { DesignMap } from "./map.js";
import { Player } from "./player.js";
import { lineagePanel, showProgress } from "./progress.js";
import { Shape } from "./shape.js";
import { Stage } from "./stage.js";
import { readTheme } from "./theme.js";
import { formatNumber, withUnit } from "./ticks.js";

const byId = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

const gallery = decodeGallery(JSON.parse(byId("data").textContent));
gallery.offers = (generation) => gallery.designs.some((design) => design.generation === generation);
gallery.still = gallery.designs.every((design) => design.atRest);

let theme = readTheme();
let stale = true;
const player = new Player(() => (stale = true));
const stage = new Stage(gallery, player, { filter, redraw: () => (stale = true) });
const shape = new Shape(gallery, stage.orbit, () => (stale = true));
const spatial = gallery.dim === 3;
const cards = new Cards(gallery, byId("cards"), (id) => select(id, true));
const unit = gallery.units.fitness;
let lineage = null;
let map = null;

/** Show a design; `reveal` brings the stage into view and hands it the keyboard. */
function select(id, reveal = false) {
  const design = gallery.byId.get(id);
  if (!design) return;
  stage.show(design);
  shape.show(design);
  cards.mark(id);
  map?.mark(id);
  // Inside of a notebook's frame the page has no address that could name the design.
  if (location.protocol !== "about:") history.replaceState(null, "", `#${id}`);
  if (!reveal) return;
  byId("stage").focus({ preventScroll: true });
  byId("stage").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  player.toggle(!calm && !gallery.still);
}

function neighbour(distance) {
  const place = cards.shown.indexOf(stage.design);
  const next = cards.shown[(place + distance + cards.shown.length) % cards.shown.length];
  if (next) select(next.id);
}

function arrange() {
  cards.arrange(byId("generation").value, byId("order").value);
  const count = cards.shown.length;
  byId("count").textContent = `${count} design${count === 1 ? "" : "s"}`;
}

function filter(generation) {
  byId("generation").value = String(generation);
  arrange();
  if (cards.shown.length > 0) select(cards.shown[0].id);
}

function option(value, text) {
  const node = document.createElement("option");
  node.value = value;
  node.textContent = text;
  return node;
}

function fillHeader() {
  const generations = [...new Set(gallery.designs.map((design) => design.generation))].sort((a, b) => a - b);
  byId("generation").append(
    option("all", "all generations"),
    ...generations.map((generation) => option(String(generation), `generation ${generation}`)),
  );
  const run = gallery.history.generations.length;
  const best = gallery.designs[0];
  const count = gallery.designs.length;
  const fitness = withUnit(formatNumber(best.fitness, 3), unit);
  const reached = best.fitness === null ? "" : `; the best reaches a fitness of ${fitness}`;
  const planned = gallery.summary?.planned ?? 0;
  const goesOn = planned > run ? ` (of ${planned} that the run is to have)` : "";
  byId("summary").textContent =
    `${count} design${count === 1 ? "" : "s"}${run > 0 ? ` out of ${run} generations${goesOn}` : ""}${reached}.`;
  byId("config").textContent = gallery.config;
  byId("configuration").hidden = gallery.config === "";
  byId("generation").parentElement.hidden = generations.length < 2;
  byId("order").parentElement.hidden = count < 2 || best.fitness === null;
  document.querySelector(".stage-head nav").hidden = count < 2;
  byId("run").parentElement.hidden = run === 0;
}

/** The run in figures, where the page is one about a run. */
function fillProgress() {
  const { summary } = gallery;
  byId("progress").hidden = summary === null;
  if (summary === null) return;
  showProgress(summary, unit, byId("figures"));
  if (summary.lineage.length === 0) return;
  const { body } = lineagePanel(byId("figures"), summary.lineage.length);
  lineage = new Lineage(gallery, summary.lineage, body, { select: (id) => select(id, true), unit });
  lineage.draw(theme);
}

/** What the search keeps as a map, where the page is one about a run whose search looks at more than fitness. */
function fillMap() {
  byId("overview").hidden = gallery.map === null;
  if (gallery.map !== null) map = new DesignMap(gallery, byId("map"), (id) => select(id, true));
}

/** Have everything drawn in the colours of the scheme that is on now. */
function recolour() {
  theme = readTheme();
  stale = true;
  cards.redraw();
  lineage?.draw(theme);
}

/** Paper is light, whatever the screen is; nothing draws by itself while a page is printed. */
function print(begins) {
  document.documentElement.classList.toggle("printing", begins);
  byId("configuration").open ||= begins;
  recolour();
  stage.draw(theme);
  shape.draw(theme);
  cards.drawAll(theme);
}

/** Bodies at rest have nothing to play, to follow or to learn; in 3D they can still be turned. */
function fillRest() {
  if (!gallery.still) return;
  document.documentElement.classList.add("still");
  for (const each of document.querySelectorAll(".only-moving")) each.hidden = true;
  byId("muscle").hidden = false;
  document.querySelector(".controls").hidden = !spatial;
}

/** What the legend and the controls offer for these designs: light, space, materials where there are several. */
function fillLegend() {
  byId("lamp").hidden = !gallery.designs.some((design) => design.light);
  document.documentElement.classList.toggle("spatial", spatial);
  byId("stage").classList.toggle("voxels", spatial);
  for (const each of document.querySelectorAll(".only-spatial")) each.hidden = !spatial;
  for (const each of document.querySelectorAll(".only-flat")) each.hidden = spatial;
  const used = [...new Set(gallery.designs.flatMap((design) => design.materials))].sort((a, b) => a - b);
  if (used.length < 2) return;
  for (const material of used) {
    const entry = document.createElement("span");
    const swatch = document.createElement("i");
    swatch.className = `swatch material-${((material - 1) % 6) + 1}`;
    entry.append(swatch, gallery.material_names[material] ?? `material ${material}`);
    byId("legend").append(entry);
  }
}

const KEYS = {
  " ": () => player.toggle(),
  ArrowLeft: (event) => player.step(event.shiftKey ? -10 : -1),
  ArrowRight: (event) => player.step(event.shiftKey ? 10 : 1),
  Home: () => player.seek(0),
  End: () => player.seek(player.duration),
  n: () => neighbour(1),
  p: () => neighbour(-1),
  f: () => byId("follow").click(),
};

const TURN = 0.12; // radians
const SPATIAL_KEYS = {
  v: () => byId(stage.options.springs ? "voxels" : "springs").click(),
  r: () => stage.orbit.reset(),
  "+": () => stage.orbit.approach(1.2),
  "=": () => stage.orbit.approach(1.2),
  "-": () => stage.orbit.approach(1 / 1.2),
  a: () => stage.orbit.turn(-TURN, 0),
  d: () => stage.orbit.turn(TURN, 0),
  w: () => stage.orbit.turn(0, TURN),
  s: () => stage.orbit.turn(0, -TURN),
};
if (spatial) Object.assign(KEYS, SPATIAL_KEYS);

function listen() {
  byId("play").addEventListener("click", () => player.toggle());
  byId("scrub").addEventListener("input", (event) => {
    player.toggle(false);
    player.seek(player.times[Number(event.target.value)]);
  });
  byId("speed").addEventListener("change", (event) => (player.speed = Number(event.target.value)));
  byId("follow").addEventListener("change", (event) => {
    stage.options.follow = event.target.checked;
    stale = true;
  });
  for (const name of ["voxels", "springs"]) {
    byId(name).addEventListener("change", () => {
      stage.options.springs = byId("springs").checked;
      byId("stage").classList.toggle("voxels", !stage.options.springs);
      stale = true;
    });
  }
  byId("previous").addEventListener("click", () => neighbour(-1));
  byId("next").addEventListener("click", () => neighbour(1));
  byId("generation").addEventListener("change", () => filter(byId("generation").value));
  byId("order").addEventListener("change", arrange);
  byId("moving").addEventListener("change", (event) => {
    cards.moving = event.target.checked;
    cards.redraw();
  });
  addEventListener("hashchange", () => select(location.hash.slice(1)));
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const own = event.target.closest("select, summary, button, a, [role=button]");
    if (own && (event.key === " " || own.matches("select"))) return;
    const action = KEYS[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
    stale = true;
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  new ResizeObserver(() => (stale = true)).observe(byId("views"));
}

let last = performance.now();
function loop(now) {
  // A tab that was hidden does not catch up.
  player.advance(Math.min((now - last) / 1000, 0.1));
  last = now;
  if (stale) {
    stale = false;
    stage.draw(theme);
    shape.draw(theme);
  }
  cards.draw(theme, now / 1000);
  requestAnimationFrame(loop);
}

fillHeader();
fillLegend();
fillRest();
fillMap();
fillProgress();
listen();
cards.moving = byId("moving").checked = !calm && !gallery.still;
arrange();
select(gallery.byId.has(location.hash.slice(1)) ? location.hash.slice(1) : gallery.designs[0].id);
player.toggle(!calm && !gallery.still);
requestAnimationFrame(loop);

/** What the page shows, for tests and for the curious. */
window.codesign = {
  get design() {
    return stage.design.id;
  },
  get frame() {
    return player.frame;
  },
  get time() {
    return player.time;
  },
  get playing() {
    return player.playing;
  },
  get camera() {
    const { azimuth, elevation, zoom } = stage.orbit ?? {};
    return { azimuth, elevation, zoom };
  },
  get options() {
    return { ...stage.options };
  },
  get shown() {
    return cards.shown.map((design) => design.id);
  },
};
