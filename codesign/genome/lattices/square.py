"""Squares with both diagonals in 2D, of five materials (the design space of EvoGym)."""

import math
from dataclasses import dataclass

import numpy as np

from codesign.checks import require_number
from codesign.genome.assembly import assemble
from codesign.genome.lattice import CellTemplate, Lattice, Material
from codesign.genome.settings import LatticeSettings


@dataclass(frozen=True)
class SquareLattice(LatticeSettings):
    """Squares of rigid or soft tissue or of muscle that works along x or along y; six springs each.

    A muscle cell drives the two sides along its direction; its other sides and its diagonals are passive. A side that
    two cells share takes the stiffness of the stiffer one, and is a muscle if either drives it. `muscle` is the
    probability that a filled cell of a random genome is one of the two muscles.

    The stiffnesses are relative to `Tissue.stiffness`. A full grid of squares of stiffness k per unit mass has its
    fastest mode at omega^2 = 8 k, one of triangles at 6 k: 0.75 for rigid cells makes both equally stable.

    Attributes:
        rigid_stiffness: relative stiffness of a rigid cell's springs.
        soft_stiffness: relative stiffness of a soft cell's springs.
        muscle_stiffness: relative stiffness of a muscle cell's springs.
        rigid_density, soft_density, muscle_density: of cells, relative to `Tissue.density`.
        rigid_damping, soft_damping, muscle_damping: of their springs, relative to `Tissue.damping`.
    """

    name: str = "square"
    rows: int = 5
    columns: int = 5
    side: float = 0.1
    fill: float = 0.6
    muscle: float = 0.5
    rigid_stiffness: float = 0.75
    soft_stiffness: float = 0.15
    muscle_stiffness: float = 0.3
    rigid_density: float = 1.0
    soft_density: float = 1.0
    muscle_density: float = 1.0
    rigid_damping: float = 1.0
    soft_damping: float = 1.0
    muscle_damping: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for tissue in ("rigid", "soft", "muscle"):
            require_number(self, f"{tissue}_stiffness", above=0.0, example=0.5)
            require_number(self, f"{tissue}_density", above=0.0, example=0.5)
            require_number(self, f"{tissue}_damping", at_least=0.0, example=0.5)

    def construct(self) -> Lattice:
        """Work the lattice out."""
        sides = ((0, 1), (1, 2), (2, 3), (0, 3))
        diagonals = ((0, 2), (1, 3))
        side, diagonal = float(self.side), self.side * math.sqrt(2)
        template = CellTemplate(
            corners=((0, 0), (1, 0), (1, 1), (0, 1)),
            springs=sides + diagonals,
            spring_lengths=(side,) * 4 + (diagonal,) * 2,
            facets=sides,
        )
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        return assemble(
            name=self.name,
            shape=self.shape,
            unit=(side, side),
            templates=(template,),
            cell_coordinates=np.stack([column, row], axis=1),
            cell_kinds=np.zeros_like(row),
            materials=self._materials(),
            muscle_genes=False,
        )

    def _materials(self) -> tuple[Material, ...]:
        passive = (0.0,) * 6
        muscle = self.muscle_density, self.muscle_damping
        return (
            Material("empty", 0.0, passive),
            Material("rigid", self.rigid_stiffness, passive, self.rigid_density, self.rigid_damping),
            Material("soft", self.soft_stiffness, passive, self.soft_density, self.soft_damping),
            Material("horizontal muscle", self.muscle_stiffness, (1.0, 0.0, 1.0, 0.0, 0.0, 0.0), *muscle),
            Material("vertical muscle", self.muscle_stiffness, (0.0, 1.0, 0.0, 1.0, 0.0, 0.0), *muscle),
        )

    def material_probabilities(self) -> tuple[float, ...]:
        """Return the probabilities of the five materials: rigid and soft are equally likely, and so are the muscles."""
        passive, active = self.fill * (1 - self.muscle) / 2, self.fill * self.muscle / 2
        return (1 - self.fill, passive, passive, active, active)
