// Draws one moment of a 2D trajectory on a canvas. That of 3D offers the same methods.

import { Surface } from "./surface.js";
import { formatTick, niceStep } from "./ticks.js";

const EDGE = 22; // pixels at either side where a tick's label would be cut off

export class Renderer2D extends Surface {
  /** `detailed` draws scale, path and starting place; without it, only robot and ground (thumbnails). */
  constructor(canvas, detailed) {
    super(canvas);
    this.detailed = detailed;
  }

  /** Draw `trajectory` of `design` at `time` [s]; the camera follows the robot or shows its whole course. */
  draw(design, trajectory, time, theme, { follow = true, outlined = null, title = false } = {}) {
    if (!this.resize()) return;
    const frame = trajectory.frameAt(time);
    const positions = trajectory.positionsAt(frame, this.buffer(design.mass_count * 2));
    this.theme = theme;
    this.view = follow ? this.following(design, trajectory, frame, title) : this.whole(design);
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.fillStyle = theme.sky;
    this.context.fillRect(0, 0, this.width, this.height);
    const start = trajectory.centre[0];
    if (this.detailed) {
      this.drawGrid(start);
      this.drawStart(design, trajectory);
    }
    this.drawGround(design.ground);
    if (design.light) this.drawLight(design, trajectory);
    if (this.detailed) {
      this.drawScale(start, design.ground);
      this.drawPath(trajectory, frame);
    }
    this.drawCells(design, positions);
    this.drawSprings(design, trajectory, frame, positions);
    this.drawMasses(design, positions);
    if (outlined) this.drawOutline(design, outlined);
  }

  // A view is the metres at the left and lower edge and the pixels per metre.

  following(design, trajectory, frame, title = false) {
    // Both trajectories of a design share one scale, so that their sizes can be compared.
    const wide = Math.max(...design.trajectories.map((each) => each.size[0]));
    const high = Math.max(...design.trajectories.map((each) => each.size[1]));
    const margin = this.detailed ? { foot: 50, head: 52, side: 0.24 } : { foot: 20, head: title ? 40 : 14, side: 0.12 };
    const scale = Math.min(
      (this.width * (1 - 2 * margin.side)) / wide,
      Math.max(this.height - margin.foot - margin.head, 20) / high,
    );
    const left = trajectory.along(trajectory.smoothCentre, 0, frame) - this.width / scale / 2;
    const lowest = trajectory.along(trajectory.smoothLowest, 1, frame);
    return { left, bottom: lowest - margin.foot / scale, scale };
  }

  whole(design) {
    const lit = design.light ? [design.light[0]] : [];
    const low = Math.min(...lit, ...design.trajectories.map((each) => each.courseLow[0]));
    const high = Math.max(...lit, ...design.trajectories.map((each) => each.courseHigh[0]));
    const floor = Math.min(...design.trajectories.map((each) => each.courseLow[1]));
    const top = Math.max(...design.trajectories.map((each) => each.courseHigh[1]));
    const scale = Math.min(this.width / ((high - low) * 1.12), (this.height * 0.7) / (top - floor));
    return { left: (low + high) / 2 - this.width / scale / 2, bottom: floor - (0.2 * this.height) / scale, scale };
  }

  x(metres) {
    return (metres - this.view.left) * this.view.scale;
  }

  y(metres) {
    return this.height - (metres - this.view.bottom) * this.view.scale;
  }

  /** Metres from the start at each tick in view, and the distance between ticks. */
  ticks(start) {
    const step = niceStep(76 / this.view.scale);
    const first = Math.ceil((this.view.left - start) / step);
    const last = Math.floor((this.view.left + this.width / this.view.scale - start) / step);
    return { step, values: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step) };
  }

  drawGrid(start) {
    const { context } = this;
    const { step, values } = this.ticks(start);
    context.strokeStyle = this.theme.grid;
    context.lineWidth = 1;
    context.beginPath();
    for (const value of values) {
      const x = Math.round(this.x(start + value)) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, this.height);
    }
    const first = Math.ceil(this.view.bottom / step);
    for (let row = first; this.y(row * step) > 0; row++) {
      const y = Math.round(this.y(row * step)) + 0.5;
      context.moveTo(0, y);
      context.lineTo(this.width, y);
    }
    context.stroke();
  }

  /** Where the robot began: its outline, faint. */
  drawStart(design, trajectory) {
    const first = trajectory.positionsAt(0, new Float32Array(design.mass_count * 2));
    this.context.globalAlpha = 0.16;
    this.context.fillStyle = this.theme.muted;
    this.context.fill(this.outline(design.cells, first));
    this.context.globalAlpha = 1;
  }

  /** The border of another shape of the body, dashed. */
  drawOutline(design, trajectory) {
    const positions = trajectory.positionsAt(0, new Float32Array(design.mass_count * 2));
    const path = new Path2D();
    for (const [a, b] of borderOf(design.cells)) {
      path.moveTo(this.x(positions[a * 2]), this.y(positions[a * 2 + 1]));
      path.lineTo(this.x(positions[b * 2]), this.y(positions[b * 2 + 1]));
    }
    this.context.strokeStyle = this.theme.mass;
    this.context.lineWidth = 1.5;
    this.context.setLineDash([5, 4]);
    this.context.stroke(path);
    this.context.setLineDash([]);
  }

  drawGround(ground) {
    const { context, width, height } = this;
    const points = ground.map(([x, y]) => [this.x(x), this.y(y)]);
    const line = new Path2D();
    line.moveTo(Math.min(-4, points[0][0]), points[0][1]);
    for (const [x, y] of points) line.lineTo(x, y);
    line.lineTo(Math.max(width + 4, points.at(-1)[0]), points.at(-1)[1]);
    const soil = new Path2D(line);
    soil.lineTo(Math.max(width + 4, points.at(-1)[0]), height + 4);
    soil.lineTo(Math.min(-4, points[0][0]), height + 4);
    context.fillStyle = this.theme.soil;
    context.fill(soil);
    context.strokeStyle = this.theme.soilLine;
    context.lineWidth = 1.5;
    context.stroke(line);
  }

  /** The light that attracts the robot: a lamp on the ground, or an arrow at the border towards it. */
  drawLight({ light, ground }, trajectory) {
    const { context, theme } = this;
    const high = this.detailed ? Math.max(this.y(0) - this.y(trajectory.size[1] * 0.9), 18) : 12;
    const radius = Math.min(Math.max(high * 0.12, 3), 9);
    const x = this.x(light[0]);
    const foot = this.y(heightAt(ground, light[0]));
    const y = Math.min(this.y(light[1]), foot - high);
    context.fillStyle = context.strokeStyle = theme.lamp;
    if (x < -radius || x > this.width + radius) {
      const [edge, sign] = x < 0 ? [EDGE - 8, -1] : [this.width - EDGE + 8, 1];
      const path = [[6, 0], [-6, -7], [-3, 0], [-6, 7]].map(([dx, dy]) => `${edge + sign * dx} ${this.height / 2 + dy}`);
      if (this.detailed) context.fill(new Path2D(`M${path.join("L")}Z`));
      return;
    }
    context.lineWidth = 1.5;
    context.stroke(new Path2D(`M${x} ${foot}L${x} ${y}`));
    const halo = context.createRadialGradient(x, y, 0, x, y, radius * 5);
    for (const [part, alpha] of [[0, "99"], [0.3, "44"], [1, "00"]]) halo.addColorStop(part, theme.lamp + alpha);
    for (const [paint, size] of [[halo, radius * 5], [theme.lamp, radius]]) {
      context.fillStyle = paint;
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.fill();
    }
  }

  /** Ticks along the ground with the distance from where the centre of mass began. */
  drawScale(start, ground) {
    const { context } = this;
    const { step, values } = this.ticks(start);
    context.fillStyle = this.theme.muted;
    context.strokeStyle = this.theme.muted;
    context.lineWidth = 1;
    context.font = `11px ${this.theme.font}`;
    context.textAlign = "center";
    const baseline = this.height - 10;
    for (const value of values) {
      const x = this.x(start + value);
      const y = this.y(heightAt(ground, start + value));
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x, y + (value === 0 ? 14 : 6));
      context.stroke();
      if (x < EDGE || x > this.width - EDGE) continue;
      context.fillText(value === 0 ? "start" : `${formatTick(value, step)} m`, x, Math.min(y + 27, baseline));
    }
  }

  /** The way the centre of mass has come. */
  drawPath(trajectory, frame) {
    const { context } = this;
    context.beginPath();
    for (let i = 0; i <= frame; i++) {
      context.lineTo(this.x(trajectory.centre[i * 2]), this.y(trajectory.centre[i * 2 + 1]));
    }
    context.lineTo(
      this.x(trajectory.along(trajectory.centre, 0, frame)),
      this.y(trajectory.along(trajectory.centre, 1, frame)),
    );
    context.strokeStyle = this.theme.muted;
    context.lineWidth = 1.5;
    context.setLineDash([1, 4]);
    context.lineCap = "round";
    context.stroke();
    context.setLineDash([]);
  }

  outline(cells, positions) {
    const path = new Path2D();
    for (const corners of cells) {
      corners.forEach((mass, i) => {
        const [x, y] = [this.x(positions[mass * 2]), this.y(positions[mass * 2 + 1])];
        if (i === 0) path.moveTo(x, y);
        else path.lineTo(x, y);
      });
      path.closePath();
    }
    return path;
  }

  drawCells(design, positions) {
    const { context } = this;
    for (const material of new Set(design.materials)) {
      const cells = design.cells.filter((_, i) => design.materials[i] === material);
      const colour = this.theme.materials[(material - 1) % this.theme.materials.length];
      const path = this.outline(cells, positions);
      context.fillStyle = context.strokeStyle = colour;
      context.lineWidth = 1; // closes the hairline gaps between neighbouring cells
      context.fill(path);
      context.stroke(path);
    }
  }

  /** Passive springs thin and muted; muscles coloured by what they do, thicker the harder they work. */
  drawSprings(design, trajectory, frame, positions) {
    const { context, theme } = this;
    const thickness = Math.min(Math.max(design.spring_length * this.view.scale * 0.11, 0.9), 7);
    const passive = new Path2D();
    const muscles = new Map();
    for (let spring = 0; spring < design.spring_count; spring++) {
      const muscle = design.muscleIndex[spring];
      let path = passive;
      if (muscle >= 0) {
        const level = theme.actuation(trajectory.actuationAt(frame, muscle));
        if (!muscles.has(level)) muscles.set(level, new Path2D());
        path = muscles.get(level);
      }
      const [a, b] = [design.springs[spring * 2] * 2, design.springs[spring * 2 + 1] * 2];
      path.moveTo(this.x(positions[a]), this.y(positions[a + 1]));
      path.lineTo(this.x(positions[b]), this.y(positions[b + 1]));
    }
    context.lineCap = "round";
    context.lineWidth = Math.max(thickness * 0.4, 0.6);
    context.strokeStyle = theme.passive;
    context.stroke(passive);
    const middle = (theme.levels.length - 1) / 2;
    const weakestFirst = [...muscles].sort(([a], [b]) => Math.abs(a - middle) - Math.abs(b - middle));
    for (const [level, path] of weakestFirst) {
      context.lineWidth = thickness * (0.75 + 0.45 * Math.abs(level / middle - 1));
      context.strokeStyle = theme.levels[level];
      context.stroke(path);
    }
  }

  drawMasses(design, positions) {
    const radius = Math.min(design.spring_length * this.view.scale * 0.075, 4.5);
    if (radius < 1) return;
    const path = new Path2D();
    for (let i = 0; i < positions.length; i += 2) {
      const [x, y] = [this.x(positions[i]), this.y(positions[i + 1])];
      path.moveTo(x + radius, y);
      path.arc(x, y, radius, 0, 2 * Math.PI);
    }
    this.context.fillStyle = this.theme.mass;
    this.context.fill(path);
  }
}

/** Pairs of masses between which a side of one cell alone lies. */
function borderOf(cells) {
  const sides = new Map();
  for (const corners of cells) {
    corners.forEach((mass, i) => {
      const pair = [mass, corners[(i + 1) % corners.length]].sort((a, b) => a - b);
      const key = pair.join(" ");
      if (!sides.delete(key)) sides.set(key, pair);
    });
  }
  return sides.values();
}

/** Height of a ground line [m], level beyond its ends. */
function heightAt(ground, x) {
  const next = ground.findIndex((point) => point[0] >= x);
  if (next === 0) return ground[0][1];
  if (next < 0) return ground.at(-1)[1];
  const [[x0, y0], [x1, y1]] = [ground[next - 1], ground[next]];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
