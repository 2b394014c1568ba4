"""Checks of what bodies are made with: lattices and variation operators."""

import numpy as np

from codesign.body import Tissue, develop
from codesign.genome import (
    LATTICES,
    VARIATIONS,
    Genome,
    Genomes,
    Lattice,
    LatticeSettings,
    Operator,
    check_genomes,
    keys,
    random_genomes,
    repair,
)
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
    expect(np.array_equal(genomes.cells, again.cells), "the same genomes from the same generators", "others")
    apart = np.linalg.norm(np.diff(lattice.node_positions[lattice.edges], axis=1)[:, 0], axis=1)
    expect(np.allclose(lattice.edge_lengths, apart), "springs as long as their ends are apart", lattice.edge_lengths)
    expect(len(set(keys(lattice, genomes))) > 1, "random genomes that differ", "the same one each time")
    bodies = develop(lattice, genomes, Tissue())
    low = np.minimum.reduceat(bodies.positions, bodies.mass_start[:-1])
    expect(np.allclose(low, 0.0, atol=1e-9), "bodies whose lowest corner is at 0", low)
    expect((bodies.rest_lengths > 0.0).all(), "springs with a rest length above 0", bodies.rest_lengths.min())
    expect((bodies.swings > 0.0).any(), "muscles in some of the random bodies", "none in any")
    joined = np.diff(bodies.mass_start) > 1
    expect(joined.all(), "bodies of two masses or more", np.diff(bodies.mass_start))


def check_operator(operator: Operator, settings: LatticeSettings) -> None:
    """Check a mutation or a crossover: a pure function whose children can be repaired and sometimes differ.

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
    parents, mates = _drawn(lattice, settings, 1), _drawn(lattice, settings, 2)
    changed = 0
    for index in range(COUNT):
        parent, mate = parents[index], mates[index] if operator.parents == 2 else None
        before = [array.copy() for array in _arrays(parent, mate)]
        child = operator(lattice, parent, mate, np.random.default_rng(index))
        for given, kept in zip(_arrays(parent, mate), before, strict=True):
            expect(np.array_equal(given, kept), "parents that stay as they are", "a changed parent")
            shares = np.shares_memory(given, child.cells) or np.shares_memory(given, child.muscles)
            expect(not shares, "a child with arrays of its own", "arrays shared with a parent")
        twin = operator(lattice, parent, mate, np.random.default_rng(index))
        same = np.array_equal(child.cells, twin.cells) and np.array_equal(child.muscles, twin.muscles)
        expect(same, "the same child from the same generator", "another one")
        stacked = Genomes.stack([child])
        check_genomes(lattice, stacked, bodies=False)
        if stacked.cells.any():
            check_genomes(lattice, repair(lattice, stacked))
        changed += not (np.array_equal(child.cells, parent.cells) and np.array_equal(child.muscles, parent.muscles))
    expect(changed, f"a change in one of {COUNT} children", "none")


def _drawn(lattice: Lattice, settings: LatticeSettings, seed: int) -> Genomes:
    return random_genomes(lattice, settings, [np.random.default_rng((seed, index)) for index in range(COUNT)])


def _arrays(parent: Genome, mate: Genome | None) -> list[np.ndarray]:
    return [array for genome in (parent, mate) if genome is not None for array in (genome.cells, genome.muscles)]
