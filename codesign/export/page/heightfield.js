// Ground in three dimensions: heights over a grid, level beyond its ends, and the mesh that is drawn of it.

const BEYOND = 60; // metres that the level ground around the grid goes on
const CREASE = Math.cos((20 * Math.PI) / 180); // ground that bends more from cell to cell has an edge there

export class Heightfield {
  /** Ascending `x` [m] of the columns, `y` [m] of the rows, heights `z` [m] row by row. */
  constructor(x, y, z) {
    Object.assign(this, { x, y, z });
    this.low = z.reduce((low, value) => Math.min(low, value), Infinity);
    this.high = z.reduce((high, value) => Math.max(high, value), -Infinity);
  }

  /** Height [m] at a place, between the grid's points by interpolation along both axes. */
  heightAt(x, y) {
    const [column, right] = place(this.x, x);
    const [row, up] = place(this.y, y);
    const at = row * this.x.length + column;
    const [near, far] = [at, at + this.x.length].map((i) => this.z[i] * (1 - right) + this.z[i + 1] * right);
    return near * (1 - up) + far * up;
  }

  /** Vertices (place and normal, six numbers each) and the triangles between them. */
  mesh() {
    const x = [this.x[0] - BEYOND, ...this.x, this.x.at(-1) + BEYOND];
    const y = [this.y[0] - BEYOND, ...this.y, this.y.at(-1) + BEYOND];
    const [columns, rows] = [x.length, y.length];
    const inside = (i, count) => Math.min(Math.max(i - 1, 0), count - 3);
    const height = (row, column) => this.z[inside(row, rows) * this.x.length + inside(column, columns)];
    const normals = normalsOf(x, y, height);
    const vertices = [];
    // Of each cell the vertices at its corners, counterclockwise from the south-west.
    const corners = new Uint32Array((rows - 1) * (columns - 1) * 4);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const around = [[row, column, 0], [row, column - 1, 1], [row - 1, column - 1, 2], [row - 1, column, 3]]
          .filter(([r, c]) => r >= 0 && c >= 0 && r < rows - 1 && c < columns - 1)
          .map(([r, c, corner]) => ({ normal: normals[r * (columns - 1) + c], at: 4 * (r * (columns - 1) + c) + corner }));
        const made = new Map();
        for (const { normal, at } of around) {
          const smooth = around.map((other) => dot(other.normal, normal) > CREASE);
          const key = smooth.join();
          if (!made.has(key)) {
            made.set(key, vertices.length / 6);
            const met = around.filter((_, i) => smooth[i]);
            const sum = [0, 1, 2].map((axis) => met.reduce((total, other) => total + other.normal[axis], 0));
            vertices.push(x[column], y[row], height(row, column), ...sum.map((value) => value / Math.hypot(...sum)));
          }
          corners[at] = made.get(key);
        }
      }
    }
    const triangles = new Uint32Array(corners.length * 1.5);
    for (let cell = 0; cell < normals.length; cell++) {
      const [a, b, c, d] = corners.subarray(4 * cell, 4 * cell + 4);
      triangles.set([a, b, c, a, c, d], 6 * cell);
    }
    return { vertices: Float32Array.from(vertices), triangles };
  }
}

/** Normals in the middle of all cells, row by row. */
function normalsOf(x, y, height) {
  const normals = [];
  for (let row = 0; row < y.length - 1; row++) {
    for (let column = 0; column < x.length - 1; column++) {
      const [a, b] = [height(row, column), height(row, column + 1)];
      const [d, c] = [height(row + 1, column), height(row + 1, column + 1)];
      const alongX = (b - a + c - d) / 2 / (x[column + 1] - x[column]);
      const alongY = (d - a + c - b) / 2 / (y[row + 1] - y[row]);
      const steep = Math.hypot(alongX, alongY, 1);
      normals.push([-alongX / steep, -alongY / steep, 1 / steep]);
    }
  }
  return normals;
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** The interval of ascending `values` that `value` is in, and how far along; at the ends where it is outside. */
function place(values, value) {
  let [low, high] = [0, values.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle;
  }
  return [low, Math.min(Math.max((value - values[low]) / (values[low + 1] - values[low]), 0), 1)];
}
