// Draws one moment of a 3D trajectory on a canvas: voxels or springs on shaded ground, with the light that attracts them.

import { following, Orbit, View, wholeCourse } from "./camera3d.js";
import { LAYOUT, sharedGraphics } from "./graphics.js";
import { add, look, multiply, parallel, scale, subtract, unit } from "./matrix.js";
import { boundsOf, Groups, Shape } from "./mesh3d.js";
import { Surface } from "./surface.js";
import { mixed } from "./theme.js";
import { formatTick, niceStep } from "./ticks.js";

const SUN = unit([-0.5, -0.38, 1]); // direction to it
const FILL = { large: 0.74, small: 0.98 }; // part of a view that the body takes
const DOTS = 240; // of a path, at most

/** What all views are drawn from, filled anew for each. */
const faces = new Groups(LAYOUT.faces.reduce((sum, each) => sum + each));
const rods = new Groups(LAYOUT.rods.reduce((sum, each) => sum + each));
const balls = new Groups(LAYOUT.balls.reduce((sum, each) => sum + each));
const halos = new Groups(LAYOUT.balls.reduce((sum, each) => sum + each));
const shapes = new WeakMap();

const [LIT, PLAIN, HALO] = [0, 1, 2];

export class Renderer3D extends Surface {
  /** `detailed` draws path, starting place and labels; `orbit` is where the reader looks from. */
  constructor(canvas, detailed, orbit = new Orbit()) {
    super(canvas);
    this.detailed = detailed;
    this.orbit = orbit;
  }

  /** Draw `trajectory` of `design` at `time` [s]; the camera follows the robot or shows its whole course. */
  draw(design, trajectory, time, theme, { follow = true, springs = false } = {}) {
    const graphics = sharedGraphics();
    if (!this.resize() || !graphics) return;
    const frame = trajectory.frameAt(time);
    const positions = trajectory.positionsAt(frame, this.buffer(design.mass_count * 3));
    const looked = follow ? following(design, trajectory, frame) : wholeCourse(design);
    const fill = this.detailed ? FILL.large : FILL.small;
    const view = new View(this.orbit, looked, design.ground, this.width, this.height, fill);
    const lamp = design.light && lampOf(design, view);
    const moment = { design, trajectory, frame, positions, view, lamp, theme, colours: theme.numbers };
    fillBody(moment, springs);
    this.fillMarks(moment);
    const scene = this.sceneOf(moment, springs);
    graphics.draw(scene, this.canvas.width, this.canvas.height, this.context);
    if (this.detailed) this.drawLabels(moment, scene);
  }

  sceneOf({ design, trajectory, positions, view, lamp, colours }, springs) {
    const { middle, radius } = boundsOf(positions);
    const sunView = multiply(parallel(radius * 1.2, radius * 3), look(middle, subtract(middle, SUN), [0, 1, 0]).matrix);
    const light = { sun: SUN, sunView, tone: colours.tone, lamp: lamp ? [...lamp.place, lamp.reach] : [0, 0, 0, 0] };
    const { eye, right, top, pixel, distance, target } = view;
    const start = [trajectory.centre[0], trajectory.centre[1]];
    const around = Math.hypot(trajectory.size[0], trajectory.size[1]) / 2;
    const relief = design.ground.high - design.ground.low;
    return {
      sky: colours.sky,
      solid: !springs,
      ground: design.ground,
      faces,
      rods,
      balls,
      halos,
      uniforms: { ...light, view: view.matrix, eye, right, top, pixel, lampColour: colours.lampLight },
      sunUniforms: { view: sunView, eye: add(middle, scale(SUN, 1e3 * radius)), pixel: 0 },
      groundUniforms: {
        soil: colours.soil,
        line: colours.soilLine,
        sky: colours.sky,
        grid: [...start, niceStep((this.detailed ? 30 : 16) * pixel * distance), relief > 1e-3 ? 0.7 : 1],
        contour: relief > 1e-3 ? niceStep(relief / 7) : 0,
        start: this.detailed ? [...start, around] : [0, 0, 0],
        focus: [target[0], target[1]],
        fade: [distance * 0.35, distance * 1.05],
      },
      faceUniforms: { edge: colours.edge, opacity: springs ? 0.15 : 1 },
    };
  }

  /** The path of the centre of mass as dots, the lamp, its pole and its halo. */
  fillMarks({ design, trajectory, frame, view, lamp, colours }) {
    halos.clear(1);
    if (this.detailed) {
      const step = 5 * view.pixel * view.distance;
      for (const place of dotsOf(trajectory, frame, step)) {
        balls.add(...place, 0.3 * step, ...colours.muted, 0.9, PLAIN);
      }
    }
    if (!lamp) return;
    const foot = [design.light[0], design.light[1], design.ground.heightAt(design.light[0], design.light[1])];
    rods.add(...foot, ...lamp.place, ...colours.muted, 1, lamp.radius * 0.12);
    balls.add(...lamp.place, lamp.radius, ...colours.lamp, 1, PLAIN);
    halos.add(...lamp.place, lamp.radius * 7, ...colours.lamp, 0.75, HALO);
  }

  /** Words on top of the picture: how wide the grid is, where the robot began, in which direction the light is. */
  drawLabels({ trajectory, view, lamp, theme }, { groundUniforms: { grid, start }, ground }) {
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.font = `11px ${theme.font}`;
    context.fillStyle = theme.muted;
    context.textAlign = "left";
    context.fillText(`grid ${formatTick(grid[2], grid[2])} m`, 18, this.height - 14);
    context.textAlign = "center";
    const away = Math.hypot(...[0, 1].map((axis) => view.target[axis] - start[axis]));
    const edge = scale(unit([view.eye[0] - view.target[0], view.eye[1] - view.target[1], 0]), start[2] * 1.16);
    const [x, y] = [start[0] + edge[0], start[1] + edge[1]];
    const label = view.project([x, y, ground.heightAt(x, y)]);
    if (label.ahead && away < view.distance * 0.7) context.fillText("start", label.x, label.y + 8);
    if (lamp) drawArrow(context, view, lamp.place, theme);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }
}

/** Fill the body's faces, springs and masses. */
function fillBody({ design, trajectory, frame, positions, colours }, springs) {
  if (!shapes.has(design)) shapes.set(design, new Shape(design));
  const shape = shapes.get(design);
  const actuation = shape.actuation(trajectory, frame);
  const cells = design.materials.map((material, cell) => {
    const own = colours.voxels[(material - 1) % colours.voxels.length];
    const strength = Math.min(Math.abs(actuation[cell]), 1);
    return springs ? own : mixed(own, actuation[cell] < 0 ? colours.contract : colours.expand, 0.8 * strength);
  });
  shape.fillFaces(faces, positions, cells);
  rods.clear(design.spring_count + 1);
  balls.clear(design.mass_count + DOTS + 1);
  if (!springs) return;
  const at = (mass) => positions.subarray(mass * 3, mass * 3 + 3);
  for (let spring = 0; spring < design.spring_count; spring++) {
    const muscle = design.muscleIndex[spring];
    const value = muscle < 0 ? 0 : Math.min(Math.max(trajectory.actuationAt(frame, muscle), -1), 1);
    const colour =
      muscle < 0 ? colours.passive : mixed(colours.neutral, value < 0 ? colours.contract : colours.expand, Math.abs(value));
    const radius = design.spring_length * (muscle < 0 ? 0.016 : 0.026 + 0.016 * Math.abs(value));
    rods.add(...at(design.springs[spring * 2]), ...at(design.springs[spring * 2 + 1]), ...colour, 1, radius);
  }
  for (let mass = 0; mass < design.mass_count; mass++) {
    balls.add(...at(mass), design.spring_length * 0.06, ...colours.mass, 1, LIT);
  }
}

/** Places at even distances along the way of the centre of mass, the newest first. */
function dotsOf(trajectory, frame, step) {
  const places = [];
  let from = [0, 1, 2].map((axis) => trajectory.along(trajectory.centre, axis, frame));
  let left = step;
  for (let i = Math.ceil(frame) - 1; i >= 0 && places.length < DOTS; i--) {
    const to = Array.from(trajectory.centre.subarray(i * 3, i * 3 + 3));
    const length = Math.hypot(...to.map((value, axis) => value - from[axis]));
    for (; left <= length && places.length < DOTS; left += step) places.push(mixed(from, to, left / length));
    left -= length;
    from = to;
  }
  return places;
}

/** The lamp of a design: a little above the ground, never smaller than a few pixels. */
function lampOf(design, view) {
  const [x, y, z] = design.light;
  const high = Math.max(...design.trajectories.map((each) => each.size[2]));
  const place = [x, y, Math.max(z, design.ground.heightAt(x, y) + 0.9 * high)];
  const far = Math.hypot(...place.map((value, axis) => value - view.eye[axis]));
  return { place, radius: Math.max(0.11 * high, 3 * view.pixel * far), reach: 3 * high };
}

/** A small arrow at the picture's border towards a place outside it. */
function drawArrow(context, view, place, theme) {
  const seen = view.project(place);
  const [right, bottom] = [view.width - 26, view.height - 26];
  if (seen.ahead && seen.x > 0 && seen.x < view.width && seen.y > 0 && seen.y < view.height) return;
  const sign = seen.ahead ? 1 : -1;
  const middle = [view.width / 2, view.height / 2];
  const towards = [sign * (seen.x - middle[0]), sign * (seen.y - middle[1])];
  const part = Math.min((right - middle[0]) / Math.abs(towards[0]), (bottom - 24 - middle[1]) / Math.abs(towards[1]));
  const glow = context.fillStyle;
  context.save();
  context.translate(middle[0] + towards[0] * part, middle[1] + 12 + towards[1] * part);
  context.rotate(Math.atan2(towards[1], towards[0]));
  context.fillStyle = theme.lamp;
  context.beginPath();
  context.moveTo(14, 0);
  context.lineTo(-2, -7);
  context.lineTo(1, 0);
  context.lineTo(-2, 7);
  context.fill();
  context.restore();
  context.fillStyle = glow;
}
