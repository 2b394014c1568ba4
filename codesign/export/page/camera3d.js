// Where the eye is: what the reader chose (an orbit around the robot), and what follows from it for one view.

import { add, dot, look, multiply, perspective, scale, subtract } from "./matrix.js";

const SLOPE = Math.tan((26 / 2) * (Math.PI / 180)); // of half the vertical angle of view
const START = { azimuth: -1.05, elevation: 0.42, zoom: 1 };
const LOWEST = 0.06; // radians above the ground
const HIGHEST = 1.55;
const CLIMB = 0.01; // radians by which the eye goes up until no hill hides the robot
const UP = [0, 0, 1];
const ZOOM = [0.25, 8];

const within = (value, [low, high]) => Math.min(Math.max(value, low), high);

/** Angles [radians] and magnification that the reader has turned to, the same for all large views. */
export class Orbit {
  constructor() {
    this.reset();
  }

  reset() {
    Object.assign(this, START);
  }

  turn(aside, up) {
    this.azimuth += aside;
    this.elevation = within(this.elevation + up, [LOWEST, HIGHEST]);
  }

  /** Come nearer by a factor; whether that was possible. */
  approach(factor) {
    const before = this.zoom;
    this.zoom = within(this.zoom * factor, ZOOM);
    return this.zoom !== before;
  }

  /** Direction from what is looked at to the eye. */
  direction(elevation = this.elevation) {
    const level = Math.cos(elevation);
    return [level * Math.cos(this.azimuth), level * Math.sin(this.azimuth), Math.sin(elevation)];
  }
}

/** What to look at when following: the place, and the radius of a ball around it that holds the body. */
export function following(design, trajectory, frame) {
  // Both trajectories of a design share one scale, so that their sizes can be compared.
  const size = [0, 1, 2].map((axis) => Math.max(...design.trajectories.map((each) => each.size[axis])));
  const target = [0, 1].map((axis) => trajectory.along(trajectory.smoothCentre, axis, frame));
  target.push(trajectory.along(trajectory.smoothLowest, 2, frame) + size[2] * 0.45);
  return { target, radius: Math.max(Math.hypot(...size) / 2, 1e-3) };
}

/** What to look at to see the whole course: its middle, and the box [low, high] that holds it. */
export function wholeCourse(design) {
  const ends = (name, choose) =>
    [0, 1, 2].map((axis) => {
      const values = design.trajectories.map((each) => each[name][axis]);
      return choose(...values, ...(design.light ? [design.light[axis]] : []));
    });
  const [low, high] = [ends("courseLow", Math.min), ends("courseHigh", Math.max)];
  return { target: scale(add(low, high), 0.5), box: [low, high] };
}

/** The picture that an orbit gives of what is looked at (see `following`, `wholeCourse`), `width` by `height` pixels. */
export class View {
  /** `fill` is the part of the picture that what is looked at takes; the eye stays above `ground`. */
  constructor(orbit, looked, ground, width, height, fill) {
    Object.assign(this, { width, height, target: looked.target });
    const slopes = [SLOPE * (width / height) * fill, SLOPE * fill];
    let { elevation } = orbit;
    do {
      const direction = orbit.direction(elevation);
      this.distance = distanceOf(looked, direction, slopes) / orbit.zoom;
      this.eye = add(looked.target, scale(direction, this.distance));
      elevation += CLIMB;
    } while (this.eye[2] < ground.heightAt(this.eye[0], this.eye[1]) + 0.04 * this.distance && elevation < HIGHEST);
    const camera = look(this.eye, looked.target, UP);
    this.right = camera.right;
    this.top = camera.top;
    const [near, far] = [this.distance * 0.05, this.distance * 20];
    this.matrix = multiply(perspective(SLOPE, width / height, near, far), camera.matrix);
  }

  /** Metres that a pixel measures, for each metre away from the eye. */
  get pixel() {
    return (2 * SLOPE) / this.height;
  }

  /** A point's place in the picture [pixels from the left and the top]; `ahead` unless it is behind the eye. */
  project([x, y, z]) {
    const [across, down, w] = [0, 1, 3].map(
      (row) =>
        this.matrix[row] * x + this.matrix[row + 4] * y + this.matrix[row + 8] * z + this.matrix[row + 12],
    );
    return {
      x: (0.5 + across / w / 2) * this.width,
      y: (0.5 - down / w / 2) * this.height,
      ahead: w > 0,
    };
  }
}

function cornersOf([low, high]) {
  return Array.from({ length: 8 }, (_, i) => [i & 4 ? high[0] : low[0], i & 2 ? high[1] : low[1], i & 1 ? high[2] : low[2]]);
}

/** How far from its target the eye must be for all that is looked at to be in the picture. */
function distanceOf({ target, radius, box }, direction, [aside, up]) {
  if (!box) return radius / Math.min(aside, up);
  const { right, top, back } = look(direction, [0, 0, 0], UP);
  const needed = cornersOf(box).map((corner) => {
    const from = subtract(corner, target);
    return dot(from, back) + Math.max(Math.abs(dot(from, right)) / aside, Math.abs(dot(from, top)) / up);
  });
  return Math.max(...needed, 1e-3);
}
