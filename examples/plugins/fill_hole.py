"""Mutation `fill_hole`: fills the empty cell that has the most filled neighbours, so that holes and notches close.

Try it in this folder:

    import numpy as np

    from codesign.genome import LATTICES, random_genomes
    from codesign.testing import check_operator
    from fill_hole import VARIATIONS

    settings = LATTICES["triangle"](rows=6, columns=10)
    check_operator(VARIATIONS["fill_hole"], settings)
    lattice, rng = settings.build(), np.random.default_rng(1)
    parent = random_genomes(lattice, settings, [rng])[0]
    print(VARIATIONS["fill_hole"](lattice, parent, None, rng).cells.sum() - parent.cells.sum(), "cell more")
"""

import numpy as np

from codesign.genome import VARIATIONS, Genome, Lattice, Mutation


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


VARIATIONS["fill_hole"] = Mutation("fill_hole", fill_hole)
