from itertools import combinations

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import GenomeError
from codesign.genome import LATTICES, Lattice, check_whole, repair
from codesign.genome.genomes import draw_genomes
from codesign.genome.lattices import CubeLattice

from .lattices import SETTINGS, draws, genomes_of, label, settings_of_any_kind


def repaired_by_sets(lattice: Lattice, cells: np.ndarray) -> np.ndarray:
    """Repair one genome's cells with sets and a flood fill, from the definition."""
    springs = {edge for cell in np.flatnonzero(cells) for edge in lattice.cell_edges[cell].tolist()}
    cells = cells.copy()
    for cell in np.flatnonzero(cells == 0):
        if set(lattice.cell_edges[cell].tolist()) <= springs:
            cells[cell] = 1
    if not cells.any():
        cells[lattice.cells_at((lattice.cell_coordinates.max(axis=0) // 2)[None])[0]] = 1
    facing = {cell: set() for cell in range(lattice.cells)}
    for a, b in combinations(range(lattice.cells), 2):
        if len(set(lattice.cell_nodes[a].tolist()) & set(lattice.cell_nodes[b].tolist())) == 2 ** (lattice.dim - 1):
            facing[a].add(b)
            facing[b].add(a)
    left, parts = set(np.flatnonzero(cells).tolist()), []
    while left:
        part, open_cells = set(), [min(left)]
        while open_cells:
            cell = open_cells.pop()
            if cell in left:
                left.remove(cell)
                part.add(cell)
                open_cells.extend(facing[cell])
        parts.append(part)
    largest = max(parts, key=lambda part: (len(part), -min(part)))
    return np.where(np.isin(np.arange(lattice.cells), list(largest)), cells, 0)


@hypothesis.settings(deadline=None)
@given(settings=settings_of_any_kind(), seed=st.integers(0, 2**32))
def test_repair_does_what_its_definition_says(settings, seed):
    lattice = settings.build()
    drawn = draw_genomes(lattice, settings, draws(3, seed))
    repaired = repair(lattice, drawn)
    for before, after in zip(drawn.cells, repaired.cells, strict=True):
        assert (after == repaired_by_sets(lattice, before)).all()
    assert (repaired.muscles == drawn.muscles).all()
    again = repair(lattice, repaired)
    assert (again.cells == repaired.cells).all()


def test_a_cavity_in_a_cube_body_is_filled():
    lattice = CubeLattice(columns=3, rows=3, layers=3).build()
    around = [cell for cell in range(27) if cell != 13]
    assert repair(lattice, genomes_of(lattice, around)).cells.all()


@pytest.mark.parametrize("settings", SETTINGS, ids=label)
def test_an_empty_genome_gets_one_cell(settings):
    lattice = settings.build()
    assert np.count_nonzero(repair(lattice, genomes_of(lattice, [])).cells) == 1


def test_a_hole_between_three_triangles_is_filled_and_joins_them():
    lattice = LATTICES["triangle"](rows=2, columns=5).build()
    # Cell 7 points up between its neighbours 6 and 8 in the row and 2 below.
    assert np.flatnonzero(repair(lattice, genomes_of(lattice, [2, 6, 8])).cells[0]).tolist() == [2, 6, 7, 8]


def test_a_hole_among_squares_lacks_its_diagonals_and_stays():
    lattice = LATTICES["square"](rows=3, columns=3).build()
    ring = [cell for cell in range(9) if cell != 4]
    assert np.flatnonzero(repair(lattice, genomes_of(lattice, ring)).cells[0]).tolist() == ring


def test_triangles_that_meet_in_a_point_are_two_parts():
    # Cell 1 points up; its tip touches only the lower corner of cell 4 above.
    lattice = LATTICES["triangle"](rows=2, columns=3).build()
    assert set(lattice.cell_nodes[1]) & set(lattice.cell_nodes[4])
    assert np.flatnonzero(repair(lattice, genomes_of(lattice, [1, 4])).cells[0]).tolist() == [1]


@pytest.mark.parametrize(
    ("filled", "kept"), [([0, 3, 4], [3, 4]), ([0, 1, 3, 4], [0, 1]), ([0, 2, 4], [0]), ([4], [4]), ([0, 1, 4], [0, 1])]
)
def test_the_largest_part_stays_and_of_equals_the_first(filled, kept):
    lattice = LATTICES["square"](rows=1, columns=5).build()
    assert np.flatnonzero(repair(lattice, genomes_of(lattice, filled)).cells[0]).tolist() == kept


def test_materials_survive():
    lattice = LATTICES["square"](rows=1, columns=4).build()
    assert repair(lattice, genomes_of(lattice, {0: 4, 2: 3, 3: 2})).cells.tolist() == [[0, 0, 3, 2]]


@hypothesis.settings(deadline=None)
@given(settings=settings_of_any_kind(), seed=st.integers(0, 2**32))
def test_bodies_that_repair_leaves_in_one_piece_are_whole_and_others_are_not(settings, seed):
    lattice = settings.build()
    drawn = draw_genomes(lattice, settings, draws(3, seed))
    check_whole(lattice, repair(lattice, drawn))
    # Repair adds nothing to these, so that it takes away what is loose and nothing else.
    filled = drawn[np.flatnonzero(~((repair(lattice, drawn).cells != 0) & (drawn.cells == 0)).any(axis=1))]
    loose = (repair(lattice, filled).cells == 0) & (filled.cells != 0)
    if loose.any():
        first = np.flatnonzero(loose.any(axis=1))[0]
        with pytest.raises(GenomeError, match=f"piece of genome {first}") as caught:
            check_whole(lattice, filled)
        assert caught.value.remedy


def test_of_many_genomes_the_first_in_pieces_is_named():
    lattice = CubeLattice(columns=3, rows=1, layers=1).build()
    genomes = genomes_of(lattice, *[[0, 1]] * 700, [0, 2], [0, 2])
    with pytest.raises(GenomeError, match="1 cells apart from the largest piece of genome 700"):
        check_whole(lattice, genomes)


def test_no_genome_depends_on_the_others():
    settings = LATTICES["triangle"](rows=4, columns=6)
    lattice = settings.build()
    drawn = draw_genomes(lattice, settings, draws(1100))
    together = repair(lattice, drawn)
    order = np.random.default_rng(1).permutation(1100)
    assert (repair(lattice, drawn[order]).cells == together.cells[order]).all()
    for alone in (0, 511, 512, 1099):
        assert (repair(lattice, drawn[[alone]]).cells[0] == together.cells[alone]).all()


def test_no_genomes_give_none():
    lattice = LATTICES["triangle"](rows=2, columns=2).build()
    assert len(repair(lattice, genomes_of(lattice))) == 0


def test_the_given_genomes_stay_as_they_were():
    settings = LATTICES["triangle"](rows=4, columns=6)
    drawn = draw_genomes(settings.build(), settings, draws(5))
    before = drawn.cells.copy()
    repaired = repair(settings.build(), drawn)
    assert (drawn.cells == before).all()
    assert not np.shares_memory(repaired.muscles, drawn.muscles)


def test_genomes_of_another_lattice_are_refused():
    lattice = LATTICES["triangle"](rows=2, columns=2).build()
    other = LATTICES["triangle"](rows=3, columns=2).build()
    with pytest.raises(GenomeError, match="2 x 2 triangle lattice"):
        repair(lattice, genomes_of(other, [0]))
