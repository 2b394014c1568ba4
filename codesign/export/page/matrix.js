// Vectors as arrays of three numbers and 4 x 4 matrices as WebGL has them: columns one after the other.

export const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a, factor) => [a[0] * factor, a[1] * factor, a[2] * factor];
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const unit = (a) => scale(a, 1 / (Math.hypot(...a) || 1));

/** `a` after `b`. */
export function multiply(a, b) {
  const product = new Float32Array(16);
  for (let column = 0; column < 4; column++) {
    for (let row = 0; row < 4; row++) {
      for (let i = 0; i < 4; i++) product[column * 4 + row] += a[i * 4 + row] * b[column * 4 + i];
    }
  }
  return product;
}

/** World to camera: x right, y up, z towards the eye; with the camera's axes in the world. */
export function look(eye, target, up) {
  const back = unit(subtract(eye, target));
  const right = unit(cross(up, back));
  const top = cross(back, right);
  const matrix = new Float32Array([
    right[0], top[0], back[0], 0,
    right[1], top[1], back[1], 0,
    right[2], top[2], back[2], 0,
    -dot(right, eye), -dot(top, eye), -dot(back, eye), 1,
  ]);
  return { matrix, right, top, back };
}

/** Camera to clip space; `slope` is the tangent of half the vertical angle of view. */
export function perspective(slope, aspect, near, far) {
  const depth = far - near;
  return new Float32Array([
    1 / (slope * aspect), 0, 0, 0,
    0, 1 / slope, 0, 0,
    0, 0, -(far + near) / depth, -1,
    0, 0, (-2 * far * near) / depth, 0,
  ]);
}

/** Camera to clip space without perspective: `reach` metres to either side, `depth` metres to the front and the back. */
export function parallel(reach, depth) {
  return new Float32Array([1 / reach, 0, 0, 0, 0, 1 / reach, 0, 0, 0, 0, -1 / depth, 0, 0, 0, 0, 1]);
}
