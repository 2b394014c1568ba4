"""Operators draw what their documentation says, with the frequencies that follow from it."""

import math

import numpy as np
import pytest

from codesign.genome import VARIATIONS, Genomes, Lattice, VariationSettings, vary
from codesign.genome.operators.blocks import _boxes
from codesign.genome.operators.operator import frontier, surface

from .lattices import draws, genomes_of, settings_of, sparse_genomes

COUNT = 20_000
TRIANGLES = settings_of("triangle", 7, 11).build()
SQUARES = settings_of("square", 7, 7).build()


def many(lattice: Lattice, filled: list[int], count: int = COUNT) -> Genomes:
    return genomes_of(lattice, filled)[np.zeros(count, dtype=int)]


def applied(lattice: Lattice, name: str, genomes: Genomes, mates: Genomes | None = None, seed: int = 0) -> Genomes:
    return VARIATIONS[name](lattice, genomes, mates, draws(len(genomes), seed))


def assert_frequencies(found: np.ndarray, expected: np.ndarray) -> None:
    """Check counts against probabilities by a chi-squared of as many degrees of freedom, within five deviations."""
    assert expected.sum() == pytest.approx(1.0)
    assert not found[expected == 0].any()
    wanted = expected[expected > 0] * found.sum()
    assert wanted.min() > 5
    distance = ((found[expected > 0] - wanted) ** 2 / wanted).sum()
    freedom = len(wanted) - 1
    assert distance < freedom + 5 * math.sqrt(2 * max(freedom, 1))


def binomial(trials: int, probability: float, most: int) -> np.ndarray:
    """Return the probabilities of 0 to `most` - 1 successes, and of more."""
    exact = [math.comb(trials, k) * probability**k * (1 - probability) ** (trials - k) for k in range(most)]
    return np.array([*exact, 1 - sum(exact)])


def counted(numbers: np.ndarray, most: int) -> np.ndarray:
    return np.bincount(np.minimum(numbers, most), minlength=most + 1)


@pytest.mark.parametrize("name", ["flip", "cell_flip"])
def test_flips_of_cells_are_independent_and_equally_likely_everywhere(name):
    parents = many(TRIANGLES, [3, 4, 5])
    flipped = applied(TRIANGLES, name, parents).cells != parents.cells
    assert_frequencies(counted(flipped.sum(axis=1), 5), binomial(TRIANGLES.cells, 1 / TRIANGLES.cells, 5))
    assert_frequencies(flipped.sum(axis=0), np.full(TRIANGLES.cells, 1 / TRIANGLES.cells))


def test_flips_of_muscles_are_independent_of_those_of_cells():
    parents = many(TRIANGLES, [3, 4, 5])
    made = applied(TRIANGLES, "flip", parents)
    edges = len(TRIANGLES.edges)
    flipped = made.muscles != parents.muscles
    assert_frequencies(counted(flipped.sum(axis=1), 5), binomial(edges, 1 / edges, 5))
    assert_frequencies(flipped.sum(axis=0), np.full(edges, 1 / edges))
    both = np.corrcoef(flipped.sum(axis=1), (made.cells != parents.cells).sum(axis=1))[0, 1]
    assert abs(both) < 5 / math.sqrt(COUNT)


def test_muscle_flips_choose_springs_of_the_body_alike():
    filled = [3, 4, 5, 14]
    parents = many(TRIANGLES, filled)
    flipped = applied(TRIANGLES, "muscle_flip", parents).muscles != parents.muscles
    inside = np.unique(TRIANGLES.cell_edges[filled])
    assert_frequencies(counted(flipped.sum(axis=1), 4), binomial(len(inside), 1 / len(inside), 4))
    assert_frequencies(flipped.sum(axis=0), np.isin(np.arange(flipped.shape[1]), inside) / len(inside))


def test_other_materials_are_equally_likely():
    parents = many(SQUARES, [24])
    made = applied(SQUARES, "cell_flip", parents).cells
    assert_frequencies(np.bincount(made[:, 0][made[:, 0] != 0], minlength=5)[1:], np.full(4, 1 / 4))
    changed = made[:, 24][made[:, 24] != 1]
    assert_frequencies(np.bincount(changed, minlength=5), np.array([1, 0, 1, 1, 1]) / 4)
    exchanged = applied(SQUARES, "muscle_flip", parents).cells[:, 24]
    assert_frequencies(np.bincount(exchanged, minlength=5), np.array([0, 0, 1, 1, 1]) / 3)


def test_growth_takes_a_geometric_number_of_cells_and_any_neighbour():
    start = SQUARES.cells // 2
    parents = many(SQUARES, [start])
    made = applied(SQUARES, "grow", parents)
    added = np.count_nonzero(made.cells, axis=1) - 1
    assert_frequencies(counted(added - 1, 4), np.array([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16]))
    once = made.cells[added == 1]
    beside = frontier(SQUARES, parents.cells[:1])[0].copy()
    where = np.flatnonzero(once * (np.arange(SQUARES.cells) != start)) % SQUARES.cells
    assert_frequencies(np.bincount(where, minlength=SQUARES.cells), beside / beside.sum())
    materials = once[np.arange(len(once)), where]
    assert_frequencies(np.bincount(materials, minlength=5)[1:], np.full(4, 1 / 4))


def test_trimming_takes_a_geometric_number_of_cells_and_any_of_the_surface():
    filled = [8, 9, 10, 15, 16, 17, 22, 23, 24]
    parents = many(SQUARES, filled)
    made = applied(SQUARES, "trim", parents)
    removed = len(filled) - np.count_nonzero(made.cells, axis=1)
    assert_frequencies(counted(removed - 1, 4), np.array([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16]))
    outside = surface(SQUARES, parents.cells[:1])[0]
    lost = (made.cells[removed == 1] != parents.cells[removed == 1]).sum(axis=0)
    assert_frequencies(lost, outside / outside.sum())


def test_boxes_have_every_size_up_to_half_the_lattice_and_the_anchor_anywhere_inside():
    lattice = settings_of("square", 8, 12).build()
    anchor = int(lattice.cells_at(np.array([[6, 4]]))[0])
    boxes = _boxes(lattice, np.full(COUNT, anchor), draws(COUNT)).reshape(COUNT, 8, 12)
    for axis, most in ((1, 4), (2, 6)):
        covered = boxes.any(axis=3 - axis)
        sizes = covered.sum(axis=1)
        assert_frequencies(np.bincount(sizes, minlength=most + 1)[1:], np.full(most, 1 / most))
        before = (4 if axis == 1 else 6) - np.argmax(covered, axis=1)
        for size in range(1, most + 1):
            assert_frequencies(np.bincount(before[sizes == size], minlength=size), np.full(size, 1 / size))


BAR = settings_of("square", 1, 9).build()
"""A row of cells, on which all that an operator can make is soon listed."""


def assert_made(made: Genomes, weights: dict[tuple[tuple[int, int], ...], int]) -> None:
    """Check how often children on the bar have the given filled cells and materials, by relative weights."""
    expected = {}
    for filled, weight in weights.items():
        cells = [0] * BAR.cells
        for cell, material in filled:
            cells[cell] = material
        expected[tuple(cells)] = weight
    rows, counts = np.unique(made.cells, axis=0, return_counts=True)
    found = {tuple(row): count for row, count in zip(rows.tolist(), counts.tolist(), strict=True)}
    assert found.keys() == expected.keys()
    assert_frequencies(
        np.array([found[cells] for cells in expected]), np.array([*weights.values()]) / sum(weights.values())
    )


def test_planes_of_reflection_pass_through_or_beside_a_random_cell_alike():
    parents = genomes_of(BAR, {3: 1, 4: 2})[np.zeros(COUNT, dtype=int)]
    # The anchor is either cell, and the plane is through it or half a cell beside it. The anchor's side stays; if the
    # plane is through the anchor, either side.
    weights = {
        ((1, 2), (2, 1), (3, 1), (4, 2)): 2,
        ((2, 2), (3, 1), (4, 2)): 1,
        ((3, 1),): 1,
        ((3, 1), (4, 1)): 2,
        ((3, 2), (4, 2)): 2,
        ((4, 2),): 1,
        ((3, 1), (4, 2), (5, 1)): 1,
        ((3, 1), (4, 2), (5, 2), (6, 1)): 2,
    }
    assert_made(applied(BAR, "mirror", parents), weights)


def test_grafts_are_cut_at_any_cell_along_any_line_and_joined_at_any_cell_of_the_mate():
    parents, mates = (genomes_of(BAR, filled)[np.zeros(COUNT, dtype=int)] for filled in ({3: 1, 4: 2}, {0: 3, 1: 4}))
    # The cut is along the row or across it, and what lies on one side of it, with it, comes from the mate. A cut
    # along the row gives everything away.
    weights = {
        ((3, 3), (4, 4)): 6,
        ((3, 3), (4, 2)): 1,
        ((3, 4),): 1,
        ((2, 3), (3, 4), (4, 2)): 1,
        ((2, 3), (3, 4)): 2,
        ((3, 1), (4, 3), (5, 4)): 1,
        ((4, 3),): 1,
        ((4, 3), (5, 4)): 2,
        ((3, 1), (4, 4)): 1,
    }
    assert_made(applied(BAR, "graft", parents, mates), weights)


@pytest.mark.parametrize("name", ["move_block", "copy_block"])
def test_blocks_go_beside_any_cell_at_the_border_alike(name):
    parents = many(SQUARES, [24])
    made = applied(SQUARES, name, parents).cells
    beside = frontier(SQUARES, parents.cells[:1])[0]
    assert (made[:, 24] == (name == "copy_block")).all()
    made[:, 24] = 0
    assert_frequencies(made.sum(axis=0), beside / beside.sum())


def test_rotations_are_of_the_whole_or_of_a_block_by_any_quarter_alike():
    lattice = settings_of("cube", 9, 9, 1).build()
    lying = lattice.cells_at(np.array([[x, 4, 0] for x in range(4, 8)]))
    upright = lattice.cells_at(np.array([[4, y, 0] for y in range(4, 8)]))
    made = applied(lattice, "rotate", many(lattice, lying.tolist())).cells != 0
    turned = made[:, upright].all(axis=1) & (made.sum(axis=1) == 4)
    # Of whole bodies, two of three turns make the bar upright where it was. A block about its first cell is the whole
    # bar if the box is four cells long and begins there, and one of three turns takes it there.
    probability = 1 / 2 * 2 / 3 + 1 / 2 * 1 / 4**3 * 1 / 3
    assert_frequencies(np.bincount(turned), np.array([1 - probability, probability]))


def test_mates_are_any_other_member_alike():
    lattice = settings_of("triangle", 3, 4).build()
    # All cells are filled, so that children differ from their parents by muscles, at once.
    population = sparse_genomes(lattice, 7, 0, 1.0)
    parents = np.arange(COUNT) % 7
    crossover = VariationSettings(weights={"uniform_crossover": 1.0})
    mates = vary(lattice, population, parents, draws(COUNT), crossover).parents[:, 1]
    for own in range(7):
        others = np.bincount(mates[parents == own], minlength=7)
        assert_frequencies(others, (np.arange(7) != own) / 6)


def test_operators_are_chosen_by_their_weights():
    lattice = settings_of("triangle", 3, 4).build()
    population = sparse_genomes(lattice, 7, 0)
    weights = {"grow": 3.0, "muscle_flip": 1.0, "uniform_crossover": 2.0}
    made = vary(lattice, population, np.arange(COUNT) % 7, draws(COUNT), VariationSettings(weights=weights))
    used = np.array([made.operators.count(name) for name in weights])
    assert_frequencies(used, np.array([3, 1, 2]) / 6)
