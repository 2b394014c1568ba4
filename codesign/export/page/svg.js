// SVG elements, and saving a figure as a file that needs neither this page nor its style sheet.

const NAMESPACE = "http://www.w3.org/2000/svg";
const TITLE_ROOM = 34; // pixels above a saved figure
const KEY_ROOM = 20; // and for its key
const EDGE = 12; // pixels around it
const LETTER = 6.4; // pixels of a letter of the key

const LOOKS = [
  ...["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin"],
  ...["opacity", "font-family", "font-size", "font-weight", "text-anchor"],
];
const OF_THE_PAGE = ["class", "tabindex", "role", "aria-label"];

export function element(name, attributes = {}, text = "") {
  const node = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
}

/** The text of a file with a figure as it is seen, its title above it; entries of the key are [class, text]. */
export function standalone(svg, title, key = []) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const copy = svg.cloneNode(true);
  const copies = [...copy.querySelectorAll("*")];
  [...svg.querySelectorAll("*")].forEach((node, i) => {
    const look = getComputedStyle(node);
    for (const name of LOOKS) {
      const value = look.getPropertyValue(name);
      if (value) copies[i].setAttribute(name, value);
    }
  });
  for (const node of copy.querySelectorAll(".area, .readout, [visibility=hidden]")) node.remove();
  for (const node of copies) for (const name of OF_THE_PAGE) node.removeAttribute(name);
  const { width, height } = sizeOf(svg);
  const head = TITLE_ROOM + (key.length > 0 ? KEY_ROOM : 0);
  const [wide, high] = [width + 2 * EDGE, height + head + EDGE];
  const figure = element("svg", { xmlns: NAMESPACE, width: wide, height: high, viewBox: `0 0 ${wide} ${high}` });
  const font = { "font-family": getComputedStyle(document.body).fontFamily, fill: colour("ink") };
  const content = element("g", { transform: `translate(${EDGE} ${head})` });
  content.append(...copy.childNodes);
  figure.append(
    element("title", {}, title),
    element("rect", { width: wide, height: high, fill: colour("card") }),
    element("text", { x: EDGE, y: 22, "font-size": 14, "font-weight": 600, ...font }, title),
    ...keyOf(key, font),
    content,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(figure)}\n`;
}

function sizeOf(svg) {
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  return { width, height };
}

/** The key below the title, from the left to the right. */
function keyOf(key, font) {
  let left = EDGE;
  return key.flatMap(([look, text]) => {
    const fill = getComputedStyle(document.documentElement).getPropertyValue(`--${look}`).trim();
    const swatch = element("rect", { x: left, y: TITLE_ROOM, width: 10, height: 10, fill });
    const name = element("text", { x: left + 16, y: TITLE_ROOM + 9, "font-size": 12, ...font }, text);
    left += LETTER * text.length + 32;
    return [swatch, name];
  });
}

/** Have the browser save a text as a file, without a network. */
export function download(text, name, type = "image/svg+xml") {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** A button that saves what `figure()` returns, { svg, title, key }, as a file named after the page and `name`. */
export function saveButton(name, figure) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "save";
  button.textContent = "SVG";
  button.title = "save this figure as an SVG file";
  button.setAttribute("aria-label", `Save the figure “${name}” as SVG`);
  button.addEventListener("click", () => {
    const { svg, title, key } = figure();
    if (svg) download(standalone(svg, title, key), `${fileName(document.title)}-${fileName(name)}.svg`);
  });
  return button;
}

function fileName(text) {
  return text.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "figure";
}
