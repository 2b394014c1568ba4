// Panels of figures: a title, a key, a button that saves the figure, and a chart or a picture below.

import { Chart } from "./charts.js";
import { saveButton } from "./svg.js";

/**
 * A panel in `host`: `name` is for the file it is saved to, `title` is read, `key` is [[colour's name, text]],
 * `note` a sentence below the title. Returns { section, body }, of which `body` takes the figure, one `svg`.
 */
export function makePanel(host, { name, title, key = [], note = "", wide = false }) {
  const section = document.createElement("section");
  section.className = wide ? "panel wide" : "panel";
  section.setAttribute("aria-label", title);
  const header = document.createElement("header");
  const heading = document.createElement("h3");
  heading.textContent = title;
  const body = document.createElement("div");
  body.className = "chart";
  header.append(heading, saveButton(name, () => ({ svg: body.querySelector("svg"), title, key })));
  section.append(header);
  if (note) {
    const text = document.createElement("p");
    text.className = "note";
    text.textContent = note;
    section.append(text);
  }
  if (key.length > 0) section.append(makeKey(key));
  section.append(body);
  host.append(section);
  return { section, body };
}

/** A panel with a chart that shows `spec`. */
export function makeChart(host, panel, spec) {
  const chart = new Chart(makePanel(host, panel).body);
  chart.show(spec);
  return chart;
}

function makeKey(key) {
  const list = document.createElement("p");
  list.className = "key";
  for (const [colour, text] of key) {
    const entry = document.createElement("span");
    const swatch = document.createElement("i");
    swatch.className = `swatch ${colour}`;
    entry.append(swatch, text);
    list.append(entry);
  }
  return list;
}
