// The colours that canvases need, read from the style sheet so that they follow the light or dark scheme.

const LEVELS = 16; // colours on either side of the diverging scale's middle

function channels(colour) {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
}

/** Red, green and blue of a colour, 0 to 1. */
export function numbersOf(colour) {
  return channels(colour).map((value) => value / 255);
}

/** Numbers a part of the way from some to others. */
export function mixed(from, to, part) {
  return from.map((value, i) => value + (to[i] - value) * part);
}

function mix(from, to, part) {
  return `rgb(${mixed(channels(from), channels(to), part).map(Math.round).join(" ")})`;
}

/** Colours by name, `materials` as a list, and `actuation(value)`: the level of -1 to 1 in the list `levels`. */
export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const numbers = (name) => numbersOf(colour(name));
  const [contract, neutral, expand] = ["contract", "neutral", "expand"].map(colour);
  const levels = [];
  for (let level = -LEVELS; level <= LEVELS; level++) {
    levels.push(mix(neutral, level < 0 ? contract : expand, Math.abs(level) / LEVELS));
  }
  const dark = numbers("sky")[1] < 0.5;
  return {
    ink: colour("ink"),
    muted: colour("muted"),
    sky: colour("sky"),
    grid: colour("grid"),
    soil: colour("soil"),
    soilLine: colour("soil-line"),
    passive: colour("passive"),
    mass: colour("mass"),
    lamp: colour("lamp"),
    materials: [1, 2, 3, 4, 5, 6].map((number) => colour(`material-${number}`)),
    font: style.getPropertyValue("--font").trim(),
    levels,
    actuation: (value) => Math.round(Math.min(Math.max(value, -1), 1) * LEVELS) + LEVELS,
    /** The same for pictures in three dimensions, as numbers, with how strong the lights are. */
    numbers: {
      sky: numbers("sky"),
      soil: numbers("soil"),
      soilLine: numbers("soil-line"),
      muted: numbers("muted"),
      passive: mixed(numbers("passive"), numbers("mass"), dark ? 0.25 : 0),
      mass: numbers("mass"),
      contract: numbersOf(contract),
      neutral: numbersOf(neutral),
      expand: numbersOf(expand),
      voxels: [1, 2, 3, 4, 5, 6].map((number) => numbers(`voxel-${number}`)),
      lamp: numbers("lamp"),
      lampLight: mixed([0, 0, 0], numbers("lamp"), dark ? 0.9 : 0.3),
      // From below, from above, from the sun: together 1 on level ground in the sun.
      tone: dark ? [0.46, 0.66, 0.42] : [0.68, 0.8, 0.26],
      edge: dark ? [0.45, 0.45, 0.45, 0.75] : [0.62, 0.62, 0.62, 0.75],
    },
  };
}
