// Where the eye is: what the reader chose (an orbit around the robot), and what follows from it for one view.

import { three } from "./vendor/three.js";

const ANGLE = 26; // of view, from bottom to top [degrees]
const START = { azimuth: -1.05, elevation: 0.42 };
const LOWEST = 0.06; // radians above the ground
const HIGHEST = 1.55;
const CLIMB = 0.01; // radians by which the eye goes up until no hill hides the robot
const ZOOM = [0.25, 8];
const WHEEL = 2.7; // how much faster than three.js's own zoom, of which fingers take the same as they move apart

const SLOPE = Math.tan(((ANGLE / 2) * Math.PI) / 180);

const within = (value, [low, high]) => Math.min(Math.max(value, low), high);

/** Direction from what is looked at to the eye. */
function directionOf(azimuth, elevation) {
  const level = Math.cos(elevation);
  return new three.Vector3(level * Math.cos(azimuth), level * Math.sin(azimuth), Math.sin(elevation));
}

/** Angles [radians] and magnification that the reader has turned to, the same for all large views. */
export class Orbit {
  constructor() {
    // OrbitControls moves this camera around the origin; views take its direction, and its nearness as magnification.
    this.camera = new three.PerspectiveCamera();
    this.camera.up.set(0, 0, 1);
    this.reset();
  }

  reset() {
    this.place(START.azimuth, START.elevation, 1);
  }

  place(azimuth, elevation, zoom) {
    this.camera.position.copy(directionOf(azimuth, within(elevation, [LOWEST, HIGHEST])));
    this.camera.position.divideScalar(within(zoom, ZOOM));
  }

  get azimuth() {
    return Math.atan2(this.camera.position.y, this.camera.position.x);
  }

  get elevation() {
    return Math.asin(this.camera.position.z / this.camera.position.length());
  }

  get zoom() {
    return 1 / this.camera.position.length();
  }

  turn(aside, up) {
    this.place(this.azimuth + aside, this.elevation + up, this.zoom);
  }

  /** Come nearer by a factor. */
  approach(factor) {
    this.place(this.azimuth, this.elevation, this.zoom * factor);
  }

  /** Let mouse, pen, fingers and wheel on `canvas` turn and zoom; `onChange` is called after every movement. */
  handle(canvas, onChange) {
    const controls = new three.OrbitControls(this.camera, canvas);
    this.reset(); // which the controls have moved by a rounding
    controls.enablePan = false;
    controls.rotateSpeed = 0.5;
    [controls.minPolarAngle, controls.maxPolarAngle] = [Math.PI / 2 - HIGHEST, Math.PI / 2 - LOWEST];
    [controls.minDistance, controls.maxDistance] = [1 / ZOOM[1], 1 / ZOOM[0]];
    canvas.style.touchAction = "pan-y"; // one finger still scrolls the page
    controls.addEventListener("change", onChange);
    controls.addEventListener("start", () => canvas.classList.add("held"));
    controls.addEventListener("end", () => canvas.classList.remove("held"));
    const prepareWheel = ({ deltaY }) => {
      controls.zoomSpeed = WHEEL;
      // Where it goes no nearer or farther, the page scrolls again.
      controls.enableZoom = deltaY < 0 ? this.zoom < ZOOM[1] - 1e-6 : this.zoom > ZOOM[0] + 1e-6;
    };
    const prepareFingers = () => Object.assign(controls, { zoomSpeed: 1, enableZoom: true });
    canvas.addEventListener("wheel", prepareWheel, { capture: true, passive: true });
    canvas.addEventListener("pointerdown", prepareFingers, { capture: true });
    canvas.addEventListener("dblclick", () => {
      this.reset();
      onChange();
    });
  }
}

/** What to look at when following: the place, and the radius of a ball around it that holds the body. */
export function following(design, trajectory, frame) {
  // Both trajectories of a design share one scale, so that their sizes can be compared.
  const size = [0, 1, 2].map((axis) => Math.max(...design.trajectories.map((each) => each.size[axis])));
  const target = [0, 1].map((axis) => trajectory.along(trajectory.smoothCentre, axis, frame));
  target.push(trajectory.along(trajectory.smoothLowest, 2, frame) + size[2] * 0.45);
  return { target: new three.Vector3(...target), radius: Math.max(Math.hypot(...size) / 2, 1e-3) };
}

/** What to look at to see the whole course: its middle, and the corners of the box that holds it. */
export function wholeCourse(design) {
  const points = design.trajectories.flatMap((each) => [each.courseLow, each.courseHigh]);
  if (design.light) points.push(design.light);
  const box = new three.Box3().setFromPoints(points.map((point) => new three.Vector3(...point)));
  const corners = Array.from({ length: 8 }, (_, i) => {
    const ends = [i & 4, i & 2, i & 1].map((high) => (high ? box.max : box.min));
    return new three.Vector3(ends[0].x, ends[1].y, ends[2].z);
  });
  return { target: box.getCenter(new three.Vector3()), corners };
}

/** The picture that an orbit gives of what is looked at (see `following`, `wholeCourse`), `width` by `height` pixels. */
export class View {
  /** `fill` is the part of the picture that what is looked at takes; the eye stays above `ground`. */
  constructor(orbit, looked, ground, width, height, fill) {
    Object.assign(this, { width, height, target: looked.target });
    this.camera = new three.PerspectiveCamera(ANGLE, width / height);
    this.camera.up.set(0, 0, 1);
    const { position } = this.camera;
    let { elevation } = orbit;
    do {
      const direction = directionOf(orbit.azimuth, elevation);
      this.distance = this.distanceTo(looked, direction, fill) / orbit.zoom;
      position.copy(looked.target).addScaledVector(direction, this.distance);
      elevation += CLIMB;
    } while (position.z < ground.heightAt(position.x, position.y) + 0.04 * this.distance && elevation < HIGHEST);
    [this.camera.near, this.camera.far] = [this.distance * 0.05, this.distance * 20];
    this.camera.lookAt(looked.target);
    this.camera.updateProjectionMatrix();
    this.camera.updateMatrixWorld();
  }

  /** How far from its target the eye must be for all that is looked at to be in the picture. */
  distanceTo({ target, radius, corners }, direction, fill) {
    const [aside, up] = [SLOPE * this.camera.aspect * fill, SLOPE * fill];
    if (!corners) return radius / Math.min(aside, up);
    this.camera.position.copy(direction);
    this.camera.lookAt(0, 0, 0);
    const turned = this.camera.quaternion.clone().invert();
    const needed = corners.map((corner) => {
      const { x, y, z } = corner.clone().sub(target).applyQuaternion(turned);
      return z + Math.max(Math.abs(x) / aside, Math.abs(y) / up);
    });
    return Math.max(...needed, 1e-3);
  }

  /** Metres that a pixel measures, for each metre away from the eye. */
  get pixel() {
    return (2 * SLOPE) / this.height;
  }

  /** A point's place in the picture [pixels from the left and the top]; `ahead` unless it is behind the eye. */
  project([x, y, z]) {
    const seen = new three.Vector3(x, y, z).project(this.camera);
    return { x: (0.5 + seen.x / 2) * this.width, y: (0.5 - seen.y / 2) * this.height, ahead: seen.z < 1 };
  }
}
