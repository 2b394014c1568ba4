"""Mutation `fill_hole`: fills the empty cell that has the most filled neighbours, so that holes and notches close.

It is written for one genome at a time, with a generator of NumPy's (`Mutation.each`): the shortest way to try an idea.
`legs_and_trunk` is written for whole populations, ten times as fast.

Try it in this folder:

    from codesign.genome import LATTICES, random_genomes
    from codesign.streams import Purpose, draws_of
    from codesign.testing import check_operator
    from fill_hole import operator

    settings = LATTICES["triangle"](rows=6, columns=10)
    check_operator(operator, settings)
    lattice, draws = settings.build(), draws_of(1, 0, 5, Purpose.GENOME)
    parents = random_genomes(lattice, settings, draws)
    children = operator(lattice, parents, None, draws)
    print((children.cells > 0).sum(axis=1) - (parents.cells > 0).sum(axis=1), "cells more")
"""

import numpy as np

from codesign.genome import Genome, Lattice, Mutation
from codesign.plugins import register


def fill_hole(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Fill one of the empty cells that share most sides with the body, with a material that is beside it."""
    one, other = np.concatenate([lattice.neighbours, lattice.neighbours[:, ::-1]]).T
    counts = np.bincount(one[genome.cells[other] > 0], minlength=lattice.cells) * (genome.cells == 0)
    cells = genome.cells.copy()
    if counts.any():
        chosen = rng.choice(np.flatnonzero(counts == counts.max()))
        beside = cells[other[one == chosen]]
        cells[chosen] = rng.choice(beside[beside > 0])
    return Genome(cells, genome.muscles.copy())


operator = Mutation.each("fill_hole", fill_hole)
register("operator", operator)
