"""Cubes with face diagonals in 3D, of soft and stiff tissue, passive or muscle (Strgar & Kriegman 2026)."""

import math
from dataclasses import dataclass
from itertools import combinations, product
from typing import ClassVar, Literal, get_args

import numpy as np

from codesign.checks import require_choice, require_number
from codesign.genome.assembly import assemble
from codesign.genome.lattice import CellTemplate, Lattice, Material
from codesign.genome.settings import LatticeSettings

Actuated = Literal["cells", "springs"]


@dataclass(frozen=True)
class CubeLattice(LatticeSettings):
    """Cubes whose 24 springs are their edges and both diagonals of each face; neighbours share those of their face.

    x runs along columns, y along rows and z, the vertical, along layers. Cells are numbered in the order of a C-ordered
    array [x, y, z], and the corners of a cell likewise: corner 4 dx + 2 dy + dz is dx, dy and dz sides away from the
    first. 6 x 6 x 4 cells have 245 masses and 1648 springs.

    With `actuated` "cells", a cell is of soft or stiff tissue or of soft or stiff muscle, which drives all its springs.
    With "springs", cells are of soft or stiff tissue, and muscle bits decide spring by spring. A spring that cells
    share takes the stiffness of the stiffest, and is a muscle if any of them drives it.

    With the default `fill`, random bodies on 6 x 6 x 4 cells have 30 cells, 104 masses and 509 springs on average
    (nine of ten have 11 to 54 cells).

    The stiffnesses are relative to `Tissue.stiffness`; the published robots have 1 throughout, and 15,000 N/m. A full
    6 x 6 x 4 grid of springs k between unit masses has its fastest mode at omega^2 = 10.9 k, and no grid of any size
    has a faster one than 12 k. Steps of 4 ms with drag exp(-15 dt) stay stable up to omega^2 = 2 (1 + exp(-15 dt)) /
    dt^2 = 16.2 x 15,000: stiff cells may have 1.3 at most, and 1 leaves room for muscles that pull.

    Attributes:
        layers: number of layers of cells, along z.
        actuated: what is a muscle or not: "cells", by their material, or "springs", by the genome's muscle bits.
        soft_stiffness: relative stiffness of a soft cell's springs.
        stiff_stiffness: relative stiffness of a stiff cell's springs.
        soft_density, stiff_density: of soft and of stiff cells, relative to `Tissue.density`.
        soft_damping, stiff_damping: of their springs, relative to `Tissue.damping`.
        soft_force_limit, stiff_force_limit: of their muscles, relative to `Tissue.force_limit`.
    """

    extents: ClassVar[tuple[str, ...]] = ("columns", "rows", "layers")

    name: str = "cube"
    rows: int = 6
    columns: int = 6
    side: float = 0.1
    fill: float = 0.38
    muscle: float = 0.5
    layers: int = 4
    actuated: Actuated = "cells"
    soft_stiffness: float = 0.3
    stiff_stiffness: float = 1.0
    soft_density: float = 1.0
    stiff_density: float = 1.0
    soft_damping: float = 1.0
    stiff_damping: float = 1.0
    soft_force_limit: float = 1.0
    stiff_force_limit: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for kind in ("stiffness", "density", "force_limit"):
            for tissue in ("soft", "stiff"):
                require_number(self, f"{tissue}_{kind}", above=0.0, example=0.5)
        for field in ("soft_damping", "stiff_damping"):
            require_number(self, field, at_least=0.0, example=0.5)
        require_choice(self, "actuated", get_args(Actuated))

    def construct(self) -> Lattice:
        """Work the lattice out."""
        coordinates = np.array(list(product(*(range(extent) for extent in self.shape))))
        side = float(self.side)
        return assemble(
            name=self.name,
            shape=self.shape,
            unit=(side, side, side),
            templates=(_template(side),),
            cell_coordinates=coordinates,
            cell_kinds=np.zeros(len(coordinates), dtype=np.int32),
            materials=self._materials(),
            muscle_genes=self.actuated == "springs",
        )

    def _materials(self) -> tuple[Material, ...]:
        passive, driven = (0.0,) * 24, (1.0,) * 24
        empty = Material("empty", 0.0, passive)

        def soft(name: str, swings: tuple[float, ...]) -> Material:
            own = self.soft_density, self.soft_damping, self.soft_force_limit
            return Material(name, self.soft_stiffness, swings, *own)

        def stiff(name: str, swings: tuple[float, ...]) -> Material:
            own = self.stiff_density, self.stiff_damping, self.stiff_force_limit
            return Material(name, self.stiff_stiffness, swings, *own)

        if self.actuated == "springs":
            return empty, soft("soft", driven), stiff("stiff", driven)
        muscles = soft("soft muscle", driven), stiff("stiff muscle", driven)
        return empty, soft("soft", passive), stiff("stiff", passive), *muscles

    def material_probabilities(self) -> tuple[float, ...]:
        """Return the probabilities of the materials: soft and stiff ones are equally likely."""
        if self.actuated == "springs":
            return (1 - self.fill, self.fill / 2, self.fill / 2)
        passive, active = self.fill * (1 - self.muscle) / 2, self.fill * self.muscle / 2
        return (1 - self.fill, passive, passive, active, active)


def _template(side: float) -> CellTemplate:
    corners = tuple(product((0, 1), repeat=3))
    # Two corners differ in one coordinate along an edge, in two along the diagonal of a face.
    apart = {(a, b): (np.array(corners[a]) != corners[b]).sum() for a, b in combinations(range(8), 2)}
    springs = tuple(pair for pair, axes in apart.items() if axes < 3)
    return CellTemplate(
        corners=corners,
        springs=springs,
        spring_lengths=tuple(side * math.sqrt(apart[pair]) for pair in springs),
        facets=tuple(
            tuple(index for index, corner in enumerate(corners) if corner[axis] == end)
            for axis in range(3)
            for end in (0, 1)
        ),
    )
