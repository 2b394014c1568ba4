"""Operators that combine two parents."""

import numpy as np

from codesign.genome.genomes import Genomes
from codesign.genome.lattice import Lattice
from codesign.genome.operators.operator import Moves, own_axis, paste, transformed
from codesign.streams import Draws


def graft(lattice: Lattice, genomes: Genomes, mates: Genomes, draws: Draws) -> Genomes:
    """Join a part of the parent to a part of the mate, cut along a random lattice line (3D: plane).

    The mate is moved so that a cell of its body lies on a cell of the parent's at the cut, so that the parts meet.
    """
    junctions = draws.pick(genomes.cells != 0)
    others = mates.cells != 0
    alike = lattice.cell_kinds == lattice.cell_kinds.take(junctions)[:, None]
    anchors = draws.pick(others & alike)
    shifts = lattice.cell_coordinates.take(junctions, axis=0) - lattice.cell_coordinates.take(anchors, axis=0)
    shifts[anchors < 0] = 0
    axes, above = draws.integers(lattice.dim), draws.coins(1)
    places = own_axis(lattice, axes)
    cuts = lattice.cell_coordinates[junctions, axes][:, None]
    given_away = (places == cuts) | ((places > cuts) == above)
    still = lattice.symmetries[:1]
    moves = transformed(lattice, others, still, np.zeros(len(genomes), dtype=np.intp), shifts)
    joined = np.flatnonzero(given_away.ravel().take(moves.genomes * lattice.cells + moves.targets))
    return paste(lattice, genomes, mates, still, Moves(*(part.take(joined) for part in moves)), given_away)


def uniform_crossover(_lattice: Lattice, genomes: Genomes, mates: Genomes, draws: Draws) -> Genomes:
    """Take every cell and every muscle bit from either parent with equal probability."""
    cells, muscles = (draws.coins(genes.shape[1]) for genes in (genomes.cells, genomes.muscles))
    return Genomes(
        genomes.cells ^ (genomes.cells ^ mates.cells) * cells,
        genomes.muscles ^ (genomes.muscles ^ mates.muscles) * muscles,
    )


def xor_crossover(_lattice: Lattice, genomes: Genomes, mates: Genomes, _draws: Draws) -> Genomes:
    """Fill the cells that exactly one parent fills, and set the muscle bits that exactly one parent sets.

    The crossover of Strgar & Kriegman 2026. Parents that fill the same cells give the parent back, not an empty child.
    """
    differ = (genomes.cells == 0) != (mates.cells == 0)
    alike = ~differ.any(axis=1)[:, None]
    cells = np.maximum(genomes.cells, mates.cells) * differ + genomes.cells * alike
    return Genomes(cells, genomes.muscles ^ mates.muscles * ~alike)
