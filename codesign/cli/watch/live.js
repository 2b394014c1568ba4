// Keeps the strip above the page about a run current, and puts a new page in the place of the old one where the reader
// does not notice: at the same scroll position, with the same design and the same choices.

const PERIOD = 2000; // between two questions, ms
const SLOWEST = 15000; // the same where nobody answers, ms
const AT_REST = 3000; // since the reader last did something in the page before it is replaced, ms

const byId = (id) => document.getElementById(id);

let wanted = null; // version of the newest page
let shown = null; // { frame, version } of the page that is shown
let coming = null; // the same of one that is being loaded
let opened = ""; // the design that the page shown began with, as its address names it
let chosen = false; // whether the reader ever chose a design; else the best one is shown, which changes
let touched = -Infinity; // when the reader last did something in the page

async function ask() {
  let wait = PERIOD;
  try {
    const answer = await fetch("status.json", { cache: "no-store", signal: AbortSignal.timeout(SLOWEST) });
    if (!answer.ok) throw new Error(answer.statusText);
    tell(await answer.json());
    ask.failures = 0;
  } catch {
    ask.failures = (ask.failures ?? 0) + 1;
    wait = Math.min(PERIOD * 2 ** (ask.failures - 1), SLOWEST);
    if (ask.failures > 1) state("lost", "no connection", "codesign watch does not answer; asking again");
  }
  renew();
  setTimeout(ask, wait);
}

function state(name, word, told) {
  byId("state").dataset.state = name;
  write("state", word);
  write("told", told);
}

/** Set a text, if it is another than before: what a screen reader announces stays quiet otherwise. */
function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

function tell(run) {
  document.title = `${run.finished}/${run.generations} · ${run.title} · codesign watch`;
  write("title", run.title);
  state(run.state, run.word, run.told);
  write("finished", `${run.finished} of ${run.generations}${run.progress ? `, ${run.progress}` : ""}`);
  byId("share").max = Math.max(run.generations, 1);
  byId("share").value = run.finished;
  write("best-fitness", number(run.best_fitness) + (run.best ? ` (${run.best})` : ""));
  write("mean-fitness", number(run.mean_fitness));
  write("workers", run.workers || "–");
  write("left", run.seconds_left === null ? "–" : duration(run.seconds_left));
  write("quiet", `${duration(run.quiet)} ago`);
  write("fault", run.fault);
  byId("fault").hidden = run.fault === "";
  draw(run.lines);
  wanted = run.page;
}

const number = (value) => (value === null ? "none" : value.toFixed(3));

function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

function draw(lines) {
  const finite = lines.flat().filter((value) => value !== null);
  byId("lines").toggleAttribute("hidden", lines[0].length < 2 || finite.length === 0);
  const low = Math.min(...finite);
  const extent = Math.max(...finite) - low || 1;
  ["best-line", "mean-line"].forEach((id, number) => {
    const last = Math.max(lines[number].length - 1, 1);
    const points = lines[number].map((value, place) =>
      value === null ? "" : `${(120 * place) / last},${30 - (28 * (value - low)) / extent}`,
    );
    byId(id).setAttribute("points", points.join(" "));
  });
}

/** Load a page that is newer than the one shown, unless the reader is busy with that one or wants to keep it. */
function renew() {
  if (wanted === null || coming !== null || wanted === shown?.version) return;
  const busy = performance.now() - touched < AT_REST || document.hidden || !byId("following").checked;
  if (shown !== null && busy) return;
  const frame = document.createElement("iframe");
  frame.title = "The page about the run";
  frame.className = "coming";
  frame.addEventListener("load", () => replace(frame), { once: true });
  const design = shown?.frame.contentWindow.location.hash ?? "";
  chosen ||= design !== opened;
  frame.src = `report.html?page=${wanted}${chosen ? design : ""}`;
  coming = { frame, version: wanted };
  byId("place").append(frame);
}

/** Put a page that is loaded in the place of the one that is shown. */
function replace(frame) {
  const before = shown?.frame;
  if (before) carryOver(before.contentWindow, frame.contentWindow);
  for (const name of ["pointerdown", "pointermove", "wheel", "keydown", "touchstart", "input"]) {
    frame.contentWindow.addEventListener(name, () => (touched = performance.now()), { passive: true, capture: true });
  }
  opened = frame.contentWindow.location.hash;
  frame.classList.remove("coming");
  before?.remove();
  byId("nothing").hidden = true;
  shown = coming;
  coming = null;
}

/** Let a page be where another one is: the same choices, the same parts open, the same place. */
function carryOver(from, to) {
  for (const old of from.document.querySelectorAll("select[id], input[id], details[id]")) {
    const now = to.document.getElementById(old.id);
    if (now === null || now.tagName !== old.tagName || now.type !== old.type || now.type === "range") continue;
    const key = old.tagName === "DETAILS" ? "open" : ["checkbox", "radio"].includes(old.type) ? "checked" : "value";
    if (now[key] === old[key]) continue;
    const before = now[key];
    now[key] = old[key];
    if (now[key] !== old[key]) {
      now[key] = before; // a choice that there is no more
    } else if (key !== "open") {
      for (const name of ["input", "change"]) now.dispatchEvent(new to.Event(name, { bubbles: true }));
    }
  }
  // A choice of a generation may have shown another design.
  if (chosen && from.location.hash !== to.location.hash) to.location.hash = from.location.hash;
  if (from.codesign?.playing !== to.codesign?.playing) to.document.getElementById("play")?.click();
  const focused = from.document.activeElement?.id;
  if (focused) to.document.getElementById(focused)?.focus({ preventScroll: true });
  to.scrollTo({ left: from.scrollX, top: from.scrollY, behavior: "instant" });
}

/** What the live page shows, for tests and for the curious. */
window.watching = {
  get version() {
    return shown?.version ?? null;
  },
  get page() {
    return shown?.frame.contentWindow ?? null;
  },
};

ask();
