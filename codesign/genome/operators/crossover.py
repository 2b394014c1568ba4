"""Operators that combine two parents."""

import numpy as np

from codesign.genome.genomes import Genome
from codesign.genome.lattice import Lattice
from codesign.genome.operators.operator import filled_cells, pick, shifted


def graft(lattice: Lattice, genome: Genome, mate: Genome, rng: np.random.Generator) -> Genome:
    """Join a part of the parent to a part of the mate, cut along a random lattice line (3D: plane).

    The mate is moved so that a cell of its body lies on a cell of the parent's at the cut, so that the parts meet.
    """
    own = filled_cells(genome)
    junction = pick(own, rng)
    others = filled_cells(mate)
    alike = others[lattice.cell_kinds[others] == lattice.cell_kinds[junction]]
    anchor = pick(alike, rng) if len(alike) else junction
    sources, targets = shifted(lattice, others, lattice.cell_coordinates[junction] - lattice.cell_coordinates[anchor])
    axis, above = int(rng.integers(lattice.dim)), bool(rng.integers(2))
    place = lattice.cell_coordinates[:, axis]
    given_away = place >= place[junction] if above else place <= place[junction]
    joined = given_away[targets]
    cells, muscles = genome.cells.copy(), genome.muscles.copy()
    cells[given_away] = 0
    cells[targets[joined]] = mate.cells[sources[joined]]
    muscles[lattice.cell_edges[targets[joined]]] = mate.muscles[lattice.cell_edges[sources[joined]]]
    return Genome(cells, muscles)


def uniform_crossover(_lattice: Lattice, genome: Genome, mate: Genome, rng: np.random.Generator) -> Genome:
    """Take every cell and every muscle bit from either parent with equal probability."""
    cells = np.where(rng.random(len(genome.cells)) < 0.5, genome.cells, mate.cells)
    muscles = np.where(rng.random(len(genome.muscles)) < 0.5, genome.muscles, mate.muscles)
    return Genome(cells, muscles)


def xor_crossover(_lattice: Lattice, genome: Genome, mate: Genome, _rng: np.random.Generator) -> Genome:
    """Fill the cells that exactly one parent fills, and set the muscle bits that exactly one parent sets.

    The crossover of Strgar & Kriegman 2026. Parents that fill the same cells give the parent back, not an empty child.
    """
    cells = np.where((genome.cells == 0) != (mate.cells == 0), np.maximum(genome.cells, mate.cells), 0)
    if not cells.any():
        return Genome(genome.cells.copy(), genome.muscles.copy())
    return Genome(cells.astype(np.uint8), genome.muscles ^ mate.muscles)
