"""Equilateral triangles in 2D, three springs each (Strgar et al. 2024)."""

import math
from dataclasses import dataclass

import numpy as np

from codesign.genome.assembly import assemble
from codesign.genome.lattice import CellTemplate, Lattice, Material
from codesign.genome.settings import LatticeSettings


@dataclass(frozen=True)
class TriangleLattice(LatticeSettings):
    """Rows of equilateral triangles that point up and down in turn; muscle bits decide which springs are muscles.

    Node (x, y) exists where x + y is even. The cell in column x and row y points up where x + y is odd.
    With the default `fill`, random bodies have 22 masses and 44 springs on average on the 6 x 10 grid, 74 masses and
    162 springs on the 13 x 22 grid. The default grid is that of Strgar et al. 2024; `body=triangle` is the smaller one.
    """

    name: str = "triangle"
    rows: int = 13
    columns: int = 22
    side: float = 0.05
    fill: float = 0.535
    muscle: float = 0.5

    def construct(self) -> Lattice:
        """Work the lattice out."""
        springs = ((0, 1), (1, 2), (0, 2))
        lengths = (float(self.side),) * 3
        down = CellTemplate(((0, 0), (1, 1), (-1, 1)), springs, lengths, facets=springs)
        up = CellTemplate(((-1, 0), (1, 0), (0, 1)), springs, lengths, facets=springs)
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        half = self.side / 2
        return assemble(
            name=self.name,
            shape=self.shape,
            unit=(half, half * math.sqrt(3)),
            templates=(down, up),
            cell_coordinates=np.stack([column, row], axis=1),
            cell_kinds=(row + column) % 2,
            materials=(Material("empty", 0.0, (0.0,) * 3), Material("tissue", 1.0, (1.0,) * 3)),
            muscle_genes=True,
        )

    def material_probabilities(self) -> tuple[float, ...]:
        """Return the probabilities of an empty and of a filled cell."""
        return (1 - self.fill, self.fill)
