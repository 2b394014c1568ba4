"""Checks of what bodies are made with: lattices and variation operators."""

import numpy as np
from numpy.typing import NDArray

from codesign.body import Tissue, develop
from codesign.genome import (
    LATTICES,
    VARIATIONS,
    Genomes,
    Lattice,
    LatticeSettings,
    Operator,
    check_genomes,
    keys,
    random_genomes,
    repair,
    repeated,
)
from codesign.streams import Draws, Purpose, draws_of
from codesign.testing.failures import check_settings, expect

COUNT = 12
"""Genomes that a check draws."""


def check_lattice(settings: LatticeSettings) -> None:
    """Check a lattice: its random genomes are valid, in one piece, and develop into bodies in their own frame.

    Args:
        settings: the lattice's settings; choose a grid of a few dozen cells.

    Raises:
        CheckError: the lattice breaks its contract.
    """
    check_settings(settings, LATTICES)
    lattice = settings.build()
    genomes = _drawn(lattice, settings, 0)
    check_genomes(lattice, genomes)
    again = _drawn(lattice, settings, 0)
    expect(np.array_equal(genomes.cells, again.cells), "the same genomes from the same random numbers", "others")
    apart = np.linalg.norm(np.diff(lattice.node_positions[lattice.edges], axis=1)[:, 0], axis=1)
    expect(np.allclose(lattice.edge_lengths, apart), "springs as long as their ends are apart", lattice.edge_lengths)
    expect(len(repeated(keys(lattice, genomes))) < COUNT - 1, "random genomes that differ", "the same one each time")
    bodies = develop(lattice, genomes, Tissue())
    low = np.minimum.reduceat(bodies.positions, bodies.mass_start[:-1])
    expect(np.allclose(low, 0.0, atol=1e-9), "bodies whose lowest corner is at 0", low)
    expect((bodies.rest_lengths > 0.0).all(), "springs with a rest length above 0", bodies.rest_lengths.min())
    heavy, own = develop(lattice, genomes, Tissue(density=2.0)), lattice.cell_sizes
    weights = np.array(
        [own[cells != 0] @ [lattice.materials[m].density for m in cells[cells != 0]] for cells in genomes.cells]
    )
    found = np.add.reduceat(heavy.masses, heavy.mass_start[:-1])
    expect(np.allclose(found, 2.0 * weights), "bodies that weigh as much as their cells", found)
    expect((bodies.swings > 0.0).any(), "muscles in some of the random bodies", "none in any")
    joined = np.diff(bodies.mass_start) > 1
    expect(joined.all(), "bodies of two masses or more", np.diff(bodies.mass_start))


def check_operator(operator: Operator, settings: LatticeSettings) -> None:
    """Check a mutation or a crossover: a pure function whose children can be repaired and sometimes differ.

    Each child must be a function of its own parent, mate and random numbers: the same alone as among many.

    Args:
        operator: what to check.
        settings: a lattice that it applies to; choose a grid of a few dozen cells.

    Raises:
        CheckError: the operator breaks its contract.
    """
    lattice = settings.build()
    expect(operator.name.isidentifier(), "a name that is an identifier", repr(operator.name))
    taken = VARIATIONS.get(operator.name, operator) != operator
    expect(not taken, "a name that no other operator has", operator.name)
    expect(operator.parents in (1, 2), "1 or 2 parents", operator.parents)
    expect(operator.applies(lattice), f"an operator that applies to {settings.name}", "one that does not")
    parents = _drawn(lattice, settings, 1)
    mates = _drawn(lattice, settings, 2) if operator.parents == 2 else None
    given = [array for genomes in (parents, mates) if genomes is not None for array in (genomes.cells, genomes.muscles)]
    before = [array.copy() for array in given]
    children = operator(lattice, parents, mates, _draws(3))
    expect(len(children) == COUNT, f"{COUNT} children of as many parents", len(children))
    kept = all(np.array_equal(array, copy) for array, copy in zip(given, before, strict=True))
    expect(kept, "parents that stay as they are", "a changed parent")
    shares = any(np.shares_memory(array, own) for array in given for own in (children.cells, children.muscles))
    expect(not shares, "children with arrays of their own", "arrays shared with parents")
    twins = operator(lattice, parents, mates, _draws(3))
    expect(_same(children, twins).all(), "the same children from the same random numbers", "others")
    for own in (np.array([COUNT - 1]), np.arange(COUNT)[::-2]):
        some = operator(lattice, parents[own], None if mates is None else mates[own], _draws(3).of(own))
        expect(_same(children[own], some).all(), "the same child alone and among many", "another one")
    check_genomes(lattice, children, bodies=False)
    check_genomes(lattice, repair(lattice, children))
    expect(not _same(children, parents).all(), f"a change in one of {COUNT} children", "none")


def _same(first: Genomes, second: Genomes) -> NDArray[np.bool_]:
    return (first.cells == second.cells).all(axis=1) & (first.muscles == second.muscles).all(axis=1)


def _draws(seed: int) -> Draws:
    return draws_of(seed, 0, COUNT, Purpose.VARIATION)


def _drawn(lattice: Lattice, settings: LatticeSettings, seed: int) -> Genomes:
    return random_genomes(lattice, settings, _draws(seed))
