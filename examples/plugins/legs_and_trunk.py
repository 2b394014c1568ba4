"""Crossover `legs_and_trunk`: the lower part of one parent under the upper part of another.

Try it in this folder:

    from codesign.genome import LATTICES
    from codesign.testing import check_operator
    from legs_and_trunk import operator

    check_operator(operator, LATTICES["triangle"](rows=6, columns=10))
    check_operator(operator, LATTICES["cube"](rows=3, columns=3, layers=3))
"""

import numpy as np

from codesign.genome import Crossover, Genomes, Lattice
from codesign.plugins import register
from codesign.streams import Draws


def legs_and_trunk(lattice: Lattice, genomes: Genomes, mates: Genomes, draws: Draws) -> Genomes:
    """Take what lies above the height of a random cell of each parent from its mate, cells and muscles alike."""
    heights = lattice.cell_coordinates[:, -1]
    cuts = heights[draws.pick(genomes.cells > 0)]
    above = heights > cuts[:, None]
    springs = lattice.touched_edges(above & (mates.cells > 0))
    return Genomes(
        np.where(above, mates.cells, genomes.cells),
        np.where(springs, mates.muscles, genomes.muscles),
    )


operator = Crossover("legs_and_trunk", legs_and_trunk)
register("operator", operator)
