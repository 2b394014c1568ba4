"""The kinds of lattice: one file each, one line in the registry."""

from codesign.genome.lattices.cube import CubeLattice
from codesign.genome.lattices.square import SquareLattice
from codesign.genome.lattices.triangle import TriangleLattice
from codesign.genome.settings import LatticeSettings

LATTICES: dict[str, type[LatticeSettings]] = {
    "triangle": TriangleLattice,
    "square": SquareLattice,
    "cube": CubeLattice,
}

__all__ = ["LATTICES", "CubeLattice", "SquareLattice", "TriangleLattice"]
