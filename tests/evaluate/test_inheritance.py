"""What children have of the weights that learning made to their parents' bodies."""

from typing import Any

import numpy as np
import pytest

from codesign.evaluate import MASSES, SPRINGS, DesignWeights, inherited_weights
from codesign.genome import LATTICES, Genomes, random_genomes
from codesign.streams import Purpose, draws_of

SETTINGS = LATTICES["triangle"](rows=4, columns=5)
LATTICE = SETTINGS.build()
BLOCKS = (SPRINGS, SPRINGS, MASSES)


def cells_of(count: int) -> np.ndarray:
    return random_genomes(LATTICE, SETTINGS, draws_of(6, 0, count, Purpose.GENOME)).cells


def places(cells: np.ndarray) -> dict[str, np.ndarray]:
    """Return the numbers of the edges and nodes of a body, in the order of its springs and masses."""
    nodes, edges = LATTICE.span(cells[None] != 0)
    return {SPRINGS: np.flatnonzero(edges[0]), MASSES: np.flatnonzero(nodes[0])}


def numbered(cells: np.ndarray, sign: float = 1.0) -> np.ndarray:
    """Return weights that tell of which block and place of the lattice each is."""
    own = places(cells)
    return np.concatenate([sign * (1000 * (block + 1) + own[part]) for block, part in enumerate(BLOCKS)])


def found(child: np.ndarray, parents: list[np.ndarray], weights: list[np.ndarray]) -> list[np.ndarray]:
    """Return a child's weights, block by block."""
    flat = inherited_weights(LATTICE, BLOCKS, child, np.stack(parents), weights)
    own = places(child)
    return np.split(flat, np.cumsum([len(own[part]) for part in BLOCKS])[:-1])


def test_what_both_have_keeps_its_numbers_and_what_is_new_begins_as_drawn() -> None:
    parent, child = cells_of(2)
    own, theirs = places(child), places(parent)
    for block, (part, values) in enumerate(zip(BLOCKS, found(child, [parent], [numbered(parent)]), strict=True)):
        both = np.isin(own[part], theirs[part])
        assert 0 < both.sum() < len(both)
        assert np.array_equal(values[both], 1000 * (block + 1) + own[part][both])
        assert not values[~both].any()


def test_a_child_that_is_its_parent_has_the_same_bits() -> None:
    (parent,) = cells_of(1)
    weights = np.random.default_rng(0).normal(size=len(numbered(parent))).astype(np.float32)
    again = inherited_weights(LATTICE, BLOCKS, parent, parent[None], [weights])
    assert again.dtype == weights.dtype
    assert again.tobytes() == weights.tobytes()


def test_a_part_comes_from_the_parent_that_has_its_cells() -> None:
    """A child of two parents that fill the left and the right of the lattice, with a column in common."""
    column = LATTICE.cell_coordinates[:, 0]
    middle = column.max() // 2
    first, mate = ((column <= middle).astype(np.uint8), (column >= middle).astype(np.uint8))
    both = np.ones_like(first)
    for values, part in zip(found(both, [first, mate], [numbered(first), numbered(mate, -1.0)]), BLOCKS, strict=True):
        ours, theirs = (np.isin(places(both)[part], places(each)[part]) for each in (first, mate))
        assert (values[ours & ~theirs] > 0).all()
        assert (values[theirs & ~ours] < 0).all()
    # What both parents have is the mate's where more of the cells around it are, and else the first parent's.
    right_only = found(mate, [first, mate], [numbered(first), numbered(mate, -1.0)])
    edges = places(mate)[SPRINGS]
    cells_around = LATTICE.edge_cells[edges]
    in_first, in_mate = (np.append(each, 0)[cells_around].sum(axis=1) for each in (first, mate))
    assert (right_only[0][in_mate > in_first] < 0).all()
    tied = np.isin(edges, places(first)[SPRINGS]) & (in_mate == in_first)
    assert tied.any()
    assert (right_only[0][tied] > 0).all()


def test_a_parent_without_weights_gives_a_body_as_drawn() -> None:
    first, mate, child = cells_of(3)
    none = np.zeros(0)
    assert not any(values.any() for values in found(child, [first], [none]))
    values = found(child, [first, mate], [none, numbered(mate)])[0]
    only_mate = np.isin(places(child)[SPRINGS], np.setdiff1d(places(mate)[SPRINGS], places(first)[SPRINGS]))
    assert (values[only_mate] > 0).all()


def test_weights_are_taken_and_joined_design_by_design() -> None:
    parts = [np.arange(3.0), np.zeros(0), np.arange(2.0) + 10]
    weights = DesignWeights.joined(parts)
    turned = weights.take(np.array([2, 1, 0]))
    assert [turned.of(place).tolist() for place in range(3)] == [parts[2].tolist(), [], parts[0].tolist()]
    twice = DesignWeights.concatenate([weights, turned])
    assert len(twice) == 6
    assert [twice.of(place).tolist() for place in (0, 3)] == [parts[0].tolist(), parts[2].tolist()]


@pytest.mark.parametrize("name", ["square", "cube"])
def test_every_lattice_has_places(name: str) -> None:
    kind: Any = LATTICES[name]
    settings = kind(**dict.fromkeys(kind.extents, 3))
    lattice = settings.build()
    genomes: Genomes = random_genomes(lattice, settings, draws_of(1, 0, 2, Purpose.GENOME))
    _, edges = lattice.span(genomes.cells != 0)
    weights = np.flatnonzero(edges[0]) + 1.0
    values = inherited_weights(lattice, [SPRINGS], genomes.cells[1], genomes.cells[:1], [weights])
    own = np.flatnonzero(edges[1])
    assert np.array_equal(values, np.where(edges[0][own], own + 1.0, 0.0))
