// A robot as objects of three.js: the faces and edges of its voxels, or its springs and masses.

import { musclesOf, outerFaces } from "./mesh3d.js";
import { mixed } from "./theme.js";
import { three } from "./vendor/three.js";

const UP = new three.Vector3(0, 0, 1);
const CYLINDER = new three.CylinderGeometry(1, 1, 1, 8, 1, true).rotateX(Math.PI / 2);
const BALL = new three.SphereGeometry(1, 12, 8);
const DOT = new three.SphereGeometry(1, 7, 4); // of few pixels

/** Balls or cylinders, many of them drawn as one. */
export class Copies extends three.InstancedMesh {
  constructor(geometry, material, room) {
    super(geometry, material, Math.max(room, 1));
    this.count = 0;
    this.frustumCulled = false; // its bounds are those of the past
    this.setColorAt(0, new three.Color()); // makes the list of colours
  }

  static balls(material, room) {
    return new Copies(BALL, material, room);
  }

  static dots(material, room) {
    return new Copies(DOT, material, room);
  }

  static rods(material, room) {
    return new Copies(CYLINDER, material, room);
  }

  clear() {
    this.count = 0;
    this.instanceMatrix.needsUpdate = this.instanceColor.needsUpdate = true;
  }

  addBall(place, radius, colour) {
    this.add(new three.Matrix4().makeScale(radius, radius, radius).setPosition(...place), colour);
  }

  addRod(from, to, radius, colour) {
    const [start, along] = [new three.Vector3(...from), new three.Vector3(...to)];
    const middle = start.clone().lerp(along, 0.5);
    const length = along.sub(start).length();
    const turned = new three.Quaternion().setFromUnitVectors(UP, along.normalize());
    this.add(new three.Matrix4().compose(middle, turned, new three.Vector3(radius, radius, length)), colour);
  }

  add(matrix, colour) {
    this.setMatrixAt(this.count, matrix);
    this.setColorAt(this.count++, new three.Color(...colour));
  }
}

export class Body {
  constructor(design) {
    this.design = design;
    this.faces = outerFaces(design.cells);
    this.muscles = musclesOf(design);
    this.voxels = makeVoxels(this.faces);
    this.edges = makeEdges(this.faces, design.mass_count);
    this.objects = [this.voxels, this.edges];
  }

  /** Springs and masses, made when they are first looked at. */
  get frame() {
    if (!this.rods) {
      const material = new three.MeshLambertMaterial();
      this.rods = Copies.rods(material, this.design.spring_count);
      this.rods.castShadow = true;
      this.balls = Copies.balls(material, this.design.mass_count);
    }
    return [this.rods, this.balls];
  }

  /** Take the shape and the colours of a moment; `objects` are what is to be drawn of it. */
  show({ trajectory, frame, positions, colours, view }, springs) {
    this.fillVoxels(trajectory, frame, positions, colours, springs);
    // Voxels of few pixels would be all outline.
    const pixels = this.design.spring_length / (view.pixel * view.distance);
    this.edges.material.opacity = 0.42 * Math.min(Math.max((pixels - 4) / 12, 0), 1);
    if (springs) this.fillFrame(trajectory, frame, positions, colours, view);
    this.objects = [this.voxels, this.edges, ...(springs ? this.frame : [])];
  }

  fillVoxels(trajectory, frame, positions, colours, springs) {
    const { material, geometry } = this.voxels;
    material.opacity = springs ? 0.15 : 1;
    material.transparent = springs;
    material.depthWrite = this.voxels.castShadow = !springs;
    const tints = this.design.materials.map((number, cell) => {
      const own = colours.voxels[(number - 1) % colours.voxels.length];
      const value = springs ? 0 : this.actuation(cell, trajectory, frame);
      return mixed(own, value < 0 ? colours.contract : colours.expand, 0.8 * Math.min(Math.abs(value), 1));
    });
    const { position, color } = geometry.attributes;
    this.faces.forEach(({ masses, cell }, face) => {
      masses.forEach((mass, corner) => {
        position.array.set(positions.subarray(mass * 3, mass * 3 + 3), 12 * face + 3 * corner);
        color.array.set(tints[cell], 12 * face + 3 * corner);
      });
    });
    position.needsUpdate = color.needsUpdate = true;
    geometry.computeVertexNormals();
    this.edges.geometry.attributes.position.array.set(positions);
    this.edges.geometry.attributes.position.needsUpdate = true;
  }

  fillFrame(trajectory, frame, positions, colours, view) {
    const { design } = this;
    const [rods, balls] = this.frame;
    const at = (mass) => positions.subarray(mass * 3, mass * 3 + 3);
    const thinnest = 0.55 * view.pixel * view.distance;
    rods.clear();
    balls.clear();
    for (let spring = 0; spring < design.spring_count; spring++) {
      const muscle = design.muscleIndex[spring];
      const value = muscle < 0 ? 0 : Math.min(Math.max(trajectory.actuationAt(frame, muscle), -1), 1);
      const moved = mixed(colours.neutral, value < 0 ? colours.contract : colours.expand, Math.abs(value));
      const radius = design.spring_length * (muscle < 0 ? 0.016 : 0.026 + 0.016 * Math.abs(value));
      const [from, to] = [at(design.springs[spring * 2]), at(design.springs[spring * 2 + 1])];
      rods.addRod(from, to, Math.max(radius, thinnest), muscle < 0 ? colours.passive : moved);
    }
    for (let mass = 0; mass < design.mass_count; mass++) {
      balls.addBall(at(mass), Math.max(design.spring_length * 0.06, thinnest), colours.mass);
    }
  }

  /** Mean actuation of the muscles in a cell at a fractional frame, 0 where there is none. */
  actuation(cell, trajectory, frame) {
    const sum = this.muscles[cell].reduce((total, muscle) => total + trajectory.actuationAt(frame, muscle), 0);
    return sum / Math.max(this.muscles[cell].length, 1);
  }
}

function changing(numbers) {
  return new three.BufferAttribute(new Float32Array(numbers), 3).setUsage(three.DynamicDrawUsage);
}

/** Two triangles for each face, whose corners are its own because its colour is. */
function makeVoxels(faces) {
  const geometry = new three.BufferGeometry();
  geometry.setAttribute("position", changing(faces.length * 12));
  geometry.setAttribute("color", changing(faces.length * 12));
  geometry.setIndex(faces.flatMap((_, face) => [0, 1, 2, 0, 2, 3].map((corner) => 4 * face + corner)));
  // Edges lie on the faces, which are therefore drawn a little farther away.
  const material = new three.MeshLambertMaterial({ vertexColors: true, polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1 });
  const mesh = new three.Mesh(geometry, material);
  mesh.frustumCulled = false;
  mesh.receiveShadow = true;
  return mesh;
}

function makeEdges(faces, masses) {
  const pairs = new Map();
  for (const { masses: corners } of faces) {
    corners.forEach((mass, i) => {
      const pair = [mass, corners[(i + 1) % 4]].sort((a, b) => a - b);
      pairs.set(pair.join(), pair);
    });
  }
  const geometry = new three.BufferGeometry();
  geometry.setAttribute("position", changing(masses * 3));
  geometry.setIndex([...pairs.values()].flat());
  const lines = new three.LineSegments(geometry, new three.LineBasicMaterial({ color: 0, transparent: true }));
  lines.frustumCulled = false;
  return lines;
}
