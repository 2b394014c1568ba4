// Ground in three dimensions: heights over a grid, level beyond its ends, and the mesh that is drawn of it.

const BEYOND = 60; // metres that the level ground around the grid goes on

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
    const vertices = new Float32Array(rows * columns * 6);
    const triangles = new Uint32Array((rows - 1) * (columns - 1) * 6);
    let [vertex, triangle] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const [south, north] = [Math.max(row - 1, 0), Math.min(row + 1, rows - 1)];
      for (let column = 0; column < columns; column++) {
        const [west, east] = [Math.max(column - 1, 0), Math.min(column + 1, columns - 1)];
        const alongX = (height(row, east) - height(row, west)) / (x[east] - x[west]);
        const alongY = (height(north, column) - height(south, column)) / (y[north] - y[south]);
        const steep = Math.hypot(alongX, alongY, 1);
        const normal = [-alongX / steep, -alongY / steep, 1 / steep];
        vertices.set([x[column], y[row], height(row, column), ...normal], 6 * vertex++);
        if (row === rows - 1 || column === columns - 1) continue;
        const at = row * columns + column;
        triangles.set([at, at + 1, at + columns + 1, at, at + columns + 1, at + columns], 6 * triangle++);
      }
    }
    return { vertices, triangles };
  }
}

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
