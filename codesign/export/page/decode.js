// Turns the page's embedded data into designs, trajectories and ground. Knows nothing of drawing.

import { Heightfield } from "./heightfield.js";

/** Typed array from base64 of little-endian numbers (the byte order of every platform that has a browser). */
function decodeArray(base64, Type) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Type(bytes.buffer);
}

/**
 * One episode: quantised positions and actuation, read at any time by linear interpolation between frames.
 * `weights` are the masses where they differ.
 */
export class Trajectory {
  constructor(record, masses, muscles, dim, weights) {
    this.masses = masses;
    this.weights = weights;
    this.muscles = muscles;
    this.dim = dim;
    this.times = decodeArray(record.times, Float32Array);
    this.frames = this.times.length;
    this.duration = this.times[this.frames - 1];
    this.low = record.low;
    this.step = record.step;
    this.positions = decodeArray(record.positions, Uint16Array);
    this.actuation = decodeArray(record.actuation, Int8Array);
    this.actuationStep = record.actuation_step;
    this.measureExtent();
  }

  /** Fractional frame number at a time [s]. */
  frameAt(time) {
    let low = 0;
    let high = this.frames - 1;
    if (high === 0 || time <= this.times[0]) return 0;
    if (time >= this.times[high]) return high;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= time) low = middle;
      else high = middle;
    }
    return low + (time - this.times[low]) / (this.times[high] - this.times[low]);
  }

  /** Fill `out`, Float32Array(masses * dim), with positions [m] at a fractional frame. */
  positionsAt(frame, out) {
    const size = this.masses * this.dim;
    const first = Math.floor(frame);
    const part = frame - first;
    const a = first * size;
    const b = Math.min(first + 1, this.frames - 1) * size;
    for (let i = 0; i < size; i++) {
      const value = this.positions[a + i] * (1 - part) + this.positions[b + i] * part;
      out[i] = this.low[i % this.dim] + this.step[i % this.dim] * value;
    }
    return out;
  }

  /** Actuation, -1 to 1, of muscle number `muscle` at a fractional frame. */
  actuationAt(frame, muscle) {
    const first = Math.floor(frame);
    const part = frame - first;
    const a = this.actuation[first * this.muscles + muscle];
    const b = this.actuation[Math.min(first + 1, this.frames - 1) * this.muscles + muscle];
    return (a * (1 - part) + b * part) * this.actuationStep;
  }

  /** Level distance [m] at a fractional frame of the centre of mass from a place. */
  distanceFrom(frame, place) {
    const level = Array.from({ length: this.dim - 1 }, (_, axis) => this.along(this.centre, axis, frame) - place[axis]);
    return Math.hypot(...level);
  }

  /** Value at a fractional frame of one axis of a per-frame path made by `measureExtent`. */
  along(path, axis, frame) {
    const first = Math.floor(frame);
    const part = frame - first;
    const next = Math.min(first + 1, this.frames - 1);
    return path[first * this.dim + axis] * (1 - part) + path[next * this.dim + axis] * part;
  }

  /** Paths per frame (centre of mass; lowest corner) with their running means, and the extent of body and course. */
  measureExtent() {
    const { frames, masses, dim, weights } = this;
    const whole = weights ? weights.reduce((sum, weight) => sum + weight, 0) : masses;
    this.centre = new Float32Array(frames * dim);
    this.lowest = new Float32Array(frames * dim);
    this.size = new Array(dim).fill(0);
    this.courseLow = new Array(dim).fill(Infinity);
    this.courseHigh = new Array(dim).fill(-Infinity);
    const positions = new Float32Array(masses * dim);
    for (let frame = 0; frame < frames; frame++) {
      this.positionsAt(frame, positions);
      for (let axis = 0; axis < dim; axis++) {
        let sum = 0;
        let low = Infinity;
        let high = -Infinity;
        for (let i = axis; i < positions.length; i += dim) {
          sum += weights ? weights[(i - axis) / dim] * positions[i] : positions[i];
          low = Math.min(low, positions[i]);
          high = Math.max(high, positions[i]);
        }
        this.centre[frame * dim + axis] = sum / whole;
        this.lowest[frame * dim + axis] = low;
        this.size[axis] = Math.max(this.size[axis], high - low);
        this.courseLow[axis] = Math.min(this.courseLow[axis], low);
        this.courseHigh[axis] = Math.max(this.courseHigh[axis], high);
      }
    }
    this.smoothCentre = this.smooth(this.centre);
    this.smoothLowest = this.smooth(this.lowest);
  }

  /** Running mean over about half a second, so that a camera that follows does not shake with every stride. */
  smooth(path) {
    const { frames, dim } = this;
    const reach = Math.max(1, Math.round((0.3 * frames) / Math.max(this.duration, 0.3)));
    const result = new Float32Array(path.length);
    for (let frame = 0; frame < frames; frame++) {
      const from = Math.max(0, frame - reach);
      const to = Math.min(frames - 1, frame + reach);
      for (let axis = 0; axis < dim; axis++) {
        let sum = 0;
        for (let i = from; i <= to; i++) sum += path[i * dim + axis];
        result[frame * dim + axis] = sum / (to - from + 1);
      }
    }
    return result;
  }
}

/** One design: facts as they stand in the data, trajectories decoded when first asked for. */
export class Design {
  constructor(record) {
    Object.assign(this, record);
    this.muscleIndex = new Int32Array(record.spring_count).fill(-1);
    record.muscles.forEach((spring, muscle) => (this.muscleIndex[spring] = muscle));
    this.decoded = {};
  }

  get before() {
    return this.trajectory("before");
  }

  get after() {
    return this.trajectory("after");
  }

  trajectory(name) {
    const record = this.motion[name];
    if (!record) return null;
    this.decoded[name] ??= new Trajectory(record, this.mass_count, this.muscles.length, this.dim, this.point_masses);
    return this.decoded[name];
  }

  /**
   * The body at rest as a design of its own, drawn "before" and learned "after", whose springs all have their change of
   * length in place of actuation; null where bodies do not learn.
   */
  get still() {
    if (!this.shapes) return null;
    const muscles = Array.from({ length: this.spring_count }, (_, spring) => spring);
    this.decoded.still ??= new Design({ ...this, muscles, motion: this.shapes, shapes: null, light: null });
    return this.decoded.still;
  }

  /** What the design does in the worlds that it was tested in; null where there is one world. */
  get worlds() {
    const values = this.world_fitness?.filter((value) => value !== null) ?? [];
    if (values.length === 0) return null;
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    const invalid = this.world_fitness.length - values.length;
    return { values, mean, spread, invalid, low: Math.min(...values), high: Math.max(...values) };
  }

  /** Whether it was never simulated: one moment, and nothing learned. */
  get atRest() {
    return this.curve.length === 0 && this.after.frames === 1;
  }

  /** Trajectories there are, before learning first. */
  get trajectories() {
    return [this.before, this.after].filter(Boolean);
  }

  /** Performance before learning and the best after, with the number of steps that took; null where unknown. */
  get learning() {
    let best = null;
    this.curve.forEach((value, iteration) => {
      if (value !== null && (best === null || value > this.curve[best])) best = iteration;
    });
    return { first: this.curve[0] ?? null, best: best === null ? null : this.curve[best], iteration: best };
  }
}

/** Ground as it stands in 2D, a list of points; in 3D a heightfield. */
function decodeGround(record) {
  if (Array.isArray(record)) return record;
  const heights = Float32Array.from(decodeArray(record.z, Uint16Array), (value) => record.low + record.step * value);
  return new Heightfield(decodeArray(record.x, Float32Array), decodeArray(record.y, Float32Array), heights);
}

/** The gallery of a parsed data block, best design first. Designs on the same ground share it. */
export function decodeGallery(data) {
  const grounds = data.grounds.map(decodeGround);
  const designs = data.designs.map((record) => new Design({ ...record, ground: grounds[record.ground] }));
  const rank = (design) => design.fitness ?? -Infinity;
  designs.sort((a, b) => rank(b) - rank(a) || (a.id < b.id ? -1 : 1));
  return { ...data, designs, byId: new Map(designs.map((design) => [design.id, design])) };
}
