"""Lattice `braced`: squares with both diagonals, each of whose springs is a muscle or not.

The package's `square` is EvoGym's: materials decide what is a muscle. Here genes do, as on the lattice of triangles, so
that diagonals can be muscles too and a single square can shear.

Try it in this folder:

    from braced import Braced
    from codesign.testing import check_lattice

    check_lattice(Braced())
"""

import math
from dataclasses import dataclass

import numpy as np

from codesign.genome import CellTemplate, Lattice, LatticeSettings, Material, assemble
from codesign.plugins import register


@dataclass(frozen=True)
class Braced(LatticeSettings):
    """Squares of one tissue with both diagonals; muscle bits decide which of their springs are muscles.

    Attributes:
        stiffness: of all springs, relative to that of the tissue.
    """

    name: str = "braced"
    rows: int = 5
    columns: int = 8
    side: float = 0.08
    fill: float = 0.6
    muscle: float = 0.5
    stiffness: float = 0.75

    def construct(self) -> Lattice:
        """Work the lattice out from the shape of a cell and the places of all cells."""
        sides, diagonals = ((0, 1), (1, 2), (2, 3), (0, 3)), ((0, 2), (1, 3))
        square = CellTemplate(
            corners=((0, 0), (1, 0), (1, 1), (0, 1)),
            springs=sides + diagonals,
            spring_lengths=(self.side,) * 4 + (self.side * math.sqrt(2.0),) * 2,
            facets=sides,
        )
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        return assemble(
            name=self.name,
            shape=self.shape,
            unit=(self.side, self.side),
            templates=(square,),
            cell_coordinates=np.stack([column, row], axis=1),
            cell_kinds=np.zeros_like(row),
            materials=(Material("empty", 0.0, (0.0,) * 6), Material("tissue", self.stiffness, (1.0,) * 6)),
            muscle_genes=True,
        )

    def material_probabilities(self) -> tuple[float, ...]:
        """Return the probabilities of an empty and of a filled cell."""
        return (1.0 - self.fill, self.fill)


register("lattice", Braced)
