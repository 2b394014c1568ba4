// A body of cubes as numbers to draw: the faces that are outside, its springs and masses, the colours of its cells.

/** Corners of a cube's faces, anticlockwise from outside; the corner at (dx, dy, dz) has the number 4 dx + 2 dy + dz. */
const FACES = [
  [0, 1, 3, 2],
  [4, 6, 7, 5],
  [0, 4, 5, 1],
  [2, 3, 7, 6],
  [0, 2, 6, 4],
  [1, 5, 7, 3],
];
const CORNERS = [0, 0, 1, 0, 1, 1, 0, 1];

/** Numbers in groups of `size`, filled anew for every picture. */
export class Groups {
  constructor(size) {
    this.size = size;
    this.numbers = new Float32Array(size * 64);
    this.count = 0;
  }

  /** Forget all groups and have room for so many. */
  clear(room) {
    this.count = 0;
    if (this.numbers.length < room * this.size) this.numbers = new Float32Array(Math.ceil(room * 1.5) * this.size);
    return this;
  }

  add(...group) {
    this.numbers.set(group, this.size * this.count++);
  }
}

/** What does not change while a body moves. */
export class Shape {
  constructor(design) {
    const sides = new Map();
    design.cells.forEach((cell, number) => {
      for (const face of FACES) {
        const masses = face.map((corner) => cell[corner]);
        const key = [...masses].sort((a, b) => a - b).join();
        // A side that two cells share is inside.
        if (sides.has(key)) sides.set(key, null);
        else sides.set(key, { masses, cell: number });
      }
    });
    this.faces = [...sides.values()].filter(Boolean);
    this.muscles = musclesOf(design);
  }

  /** Mean actuation of the muscles in each cell at a fractional frame, 0 where there is none. */
  actuation(trajectory, frame) {
    return this.muscles.map((muscles) => {
      const sum = muscles.reduce((total, muscle) => total + trajectory.actuationAt(frame, muscle), 0);
      return sum / Math.max(muscles.length, 1);
    });
  }

  /** Fill `groups` with the vertices of the outer faces: place, normal, colour of the cell, place on the face. */
  fillFaces(groups, positions, colours) {
    groups.clear(this.faces.length * 4);
    const { numbers } = groups;
    let at = 0;
    for (const { masses, cell } of this.faces) {
      const [a, b, c, d] = masses.map((mass) => mass * 3);
      // The normal of a side that need not be even: across both of its diagonals.
      const [ux, uy, uz] = [0, 1, 2].map((axis) => positions[c + axis] - positions[a + axis]);
      const [vx, vy, vz] = [0, 1, 2].map((axis) => positions[d + axis] - positions[b + axis]);
      const normal = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
      const length = Math.hypot(...normal) || 1;
      for (let corner = 0; corner < 4; corner++) {
        for (let axis = 0; axis < 3; axis++) {
          numbers[at + axis] = positions[masses[corner] * 3 + axis];
          numbers[at + 3 + axis] = normal[axis] / length;
          numbers[at + 6 + axis] = colours[cell][axis];
        }
        numbers[at + 9] = CORNERS[corner * 2];
        numbers[at + 10] = CORNERS[corner * 2 + 1];
        at += 11;
      }
    }
    groups.count = this.faces.length * 4;
  }
}

/** Numbers of the muscles in each cell: those that join two of its corners. */
function musclesOf(design) {
  const cellsOf = Array.from({ length: design.mass_count }, () => new Set());
  design.cells.forEach((cell, number) => cell.forEach((mass) => cellsOf[mass].add(number)));
  const muscles = design.cells.map(() => []);
  design.muscles.forEach((spring, muscle) => {
    const [a, b] = [design.springs[spring * 2], design.springs[spring * 2 + 1]];
    for (const cell of cellsOf[a]) if (cellsOf[b].has(cell)) muscles[cell].push(muscle);
  });
  return muscles;
}

/** The smallest box around positions: its middle and half its diagonal. */
export function boundsOf(positions) {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    low[i % 3] = Math.min(low[i % 3], positions[i]);
    high[i % 3] = Math.max(high[i % 3], positions[i]);
  }
  return {
    middle: low.map((value, axis) => (value + high[axis]) / 2),
    radius: Math.max(Math.hypot(...low.map((value, axis) => high[axis] - value)) / 2, 1e-3),
  };
}
