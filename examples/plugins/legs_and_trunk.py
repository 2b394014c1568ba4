"""Crossover `legs_and_trunk`: the lower part of one parent under the upper part of another.

Try it in this folder:

    from codesign.genome import LATTICES
    from codesign.testing import check_operator
    from legs_and_trunk import VARIATIONS

    check_operator(VARIATIONS["legs_and_trunk"], LATTICES["triangle"](rows=6, columns=10))
    check_operator(VARIATIONS["legs_and_trunk"], LATTICES["cube"](rows=3, columns=3, layers=3))
"""

import numpy as np

from codesign.genome import VARIATIONS, Crossover, Genome, Lattice


def legs_and_trunk(lattice: Lattice, genome: Genome, mate: Genome, rng: np.random.Generator) -> Genome:
    """Take what lies above the height of a random cell of the parent from the mate, cells and muscles alike."""
    heights = lattice.cell_coordinates[:, -1]
    cut = heights[rng.choice(np.flatnonzero(genome.cells))]
    cells, muscles = genome.cells.copy(), genome.muscles.copy()
    above = heights > cut
    cells[above] = mate.cells[above]
    edges = lattice.cell_edges[above & (mate.cells > 0)]
    muscles[edges] = mate.muscles[edges]
    return Genome(cells, muscles)


VARIATIONS["legs_and_trunk"] = Crossover("legs_and_trunk", legs_and_trunk)
