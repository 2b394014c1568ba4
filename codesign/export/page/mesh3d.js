// A body of cubes: the faces that are outside, and the muscles of its cells.

/** Corners of a cube's faces, anticlockwise from outside; the corner at (dx, dy, dz) has the number 4 dx + 2 dy + dz. */
const FACES = [
  [0, 1, 3, 2],
  [4, 6, 7, 5],
  [0, 4, 5, 1],
  [2, 3, 7, 6],
  [0, 2, 6, 4],
  [1, 5, 7, 3],
];

/** Faces that no two cells share: the four masses at the corners and the number of the cell. */
export function outerFaces(cells) {
  const sides = new Map();
  cells.forEach((cell, number) => {
    for (const face of FACES) {
      const masses = face.map((corner) => cell[corner]);
      const key = [...masses].sort((a, b) => a - b).join();
      sides.set(key, sides.has(key) ? null : { masses, cell: number });
    }
  });
  return [...sides.values()].filter(Boolean);
}

/** Numbers of the muscles in each cell: those that join two of its corners. */
export function musclesOf(design) {
  const cellsOf = Array.from({ length: design.mass_count }, () => new Set());
  design.cells.forEach((cell, number) => cell.forEach((mass) => cellsOf[mass].add(number)));
  const muscles = design.cells.map(() => []);
  design.muscles.forEach((spring, muscle) => {
    const [a, b] = [design.springs[spring * 2], design.springs[spring * 2 + 1]];
    for (const cell of cellsOf[a]) if (cellsOf[b].has(cell)) muscles[cell].push(muscle);
  });
  return muscles;
}
