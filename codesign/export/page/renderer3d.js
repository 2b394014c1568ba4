// Draws one moment of a 3D trajectory on a canvas: voxels or springs on shaded ground, with the light that attracts them.

import { Body, Copies } from "./body3d.js";
import { following, Orbit, View, wholeCourse } from "./camera3d.js";
import { drawOnGround, meshOf } from "./ground3d.js";
import { sharedGraphics } from "./scene3d.js";
import { Surface } from "./surface.js";
import { mixed } from "./theme.js";
import { formatTick, niceStep } from "./ticks.js";
import { three } from "./vendor/three.js";

const FILL = { large: 0.74, small: 0.98 }; // part of a view that the body takes
const DOTS = 240; // of a path, at most

const bodies = new WeakMap();
const dots = Copies.dots(new three.MeshBasicMaterial({ transparent: true, opacity: 0.9 }), DOTS);
const bulb = new three.Mesh(new three.SphereGeometry(1, 32, 24), new three.MeshBasicMaterial());
const pole = Copies.rods(new three.MeshLambertMaterial(), 1);
const halo = makeHalo();

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
    const ground = this.groundOf(moment);
    drawOnGround(ground);
    const scene = this.sceneOf(moment, springs);
    graphics.draw(scene, this.canvas.width, this.canvas.height, this.context);
    if (this.detailed) this.drawLabels(moment, ground);
  }

  sceneOf(moment, springs) {
    const { design, positions, view, lamp, colours } = moment;
    if (!bodies.has(design)) bodies.set(design, new Body(design));
    const body = bodies.get(design);
    body.show(moment, springs);
    const around = new three.Box3().setFromArray(positions).getBoundingSphere(new three.Sphere());
    around.radius = Math.max(around.radius, 1e-3);
    return {
      objects: [meshOf(design.ground), ...body.objects, ...this.marksOf(moment)],
      view,
      around,
      tone: colours.tone,
      sky: colours.sky,
      lamp: lamp && { ...lamp, colour: colours.lampLight },
    };
  }

  /** What is drawn on the ground: a grid in metres, contour lines where it is uneven, a ring where the robot began. */
  groundOf({ design, trajectory, view: { pixel, distance, target }, colours }) {
    const start = [trajectory.centre[0], trajectory.centre[1]];
    const around = Math.hypot(trajectory.size[0], trajectory.size[1]) / 2;
    const relief = design.ground.high - design.ground.low;
    return {
      soil: colours.soil,
      line: colours.soilLine,
      sky: colours.sky,
      grid: [...start, niceStep((this.detailed ? 30 : 16) * pixel * distance), relief > 1e-3 ? 0.7 : 1],
      contour: relief > 1e-3 ? niceStep(relief / 7) : 0,
      start: this.detailed ? [...start, around] : [0, 0, 0],
      focus: [target.x, target.y],
      fade: [distance * 0.35, distance * 1.05],
    };
  }

  /** The path of the centre of mass as dots, the lamp, its pole and its halo. */
  marksOf({ design, trajectory, frame, view, lamp, colours }) {
    const marks = [];
    if (this.detailed) {
      const step = 5 * view.pixel * view.distance;
      dots.clear();
      for (const place of dotsOf(trajectory, frame, step)) dots.addBall(place, 0.24 * step, colours.muted);
      marks.push(dots);
    }
    if (!lamp) return marks;
    const foot = [design.light[0], design.light[1], design.ground.heightAt(design.light[0], design.light[1])];
    pole.clear();
    pole.addRod(foot, lamp.place, lamp.radius * 0.12, colours.muted);
    bulb.position.set(...lamp.place);
    bulb.scale.setScalar(lamp.radius);
    bulb.material.color.setRGB(...colours.lamp);
    halo.position.set(...lamp.place);
    halo.scale.setScalar(14 * lamp.radius);
    halo.material.color.setRGB(...colours.lamp);
    return [...marks, pole, bulb, halo];
  }

  /** Words on top of the picture: how wide the grid is, where the robot began, in which direction the light is. */
  drawLabels({ design, view, lamp, theme }, { grid, start }) {
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.font = `11px ${theme.font}`;
    context.fillStyle = theme.muted;
    context.textAlign = "left";
    context.fillText(`grid ${formatTick(grid[2], grid[2])} m`, 18, this.height - 14);
    context.textAlign = "center";
    const { position } = view.camera;
    const away = Math.hypot(view.target.x - start[0], view.target.y - start[1]);
    const towards = [position.x - view.target.x, position.y - view.target.y];
    const [x, y] = [0, 1].map((axis) => start[axis] + (towards[axis] / Math.hypot(...towards)) * start[2] * 1.16);
    const label = view.project([x, y, design.ground.heightAt(x, y)]);
    if (label.ahead && away < view.distance * 0.7) context.fillText("start", label.x, label.y + 8);
    if (lamp) drawArrow(context, view, lamp.place, theme);
    context.setTransform(1, 0, 0, 1, 0, 0);
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
  const far = view.camera.position.distanceTo(new three.Vector3(...place));
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

/** A glow around the lamp, brightest in its middle. */
function makeHalo() {
  const side = 64;
  const pixels = Uint8Array.from({ length: 4 * side ** 2 }, (_, i) => {
    const [x, y] = [(i >> 2) % side, Math.floor((i >> 2) / side)].map((place) => ((place + 0.5) / side) * 2 - 1);
    return i % 4 < 3 ? 255 : 191 * Math.max(1 - Math.hypot(x, y), 0) ** 2;
  });
  const map = new three.DataTexture(pixels, side, side);
  map.magFilter = three.LinearFilter;
  map.needsUpdate = true;
  return new three.Sprite(new three.SpriteMaterial({ map, depthWrite: false }));
}
