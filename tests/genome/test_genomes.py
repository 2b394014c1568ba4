import numpy as np
import pytest

from codesign.errors import GenomeError
from codesign.genome import LATTICES, Genome, Genomes, check_genomes, random_genomes

from .lattices import KINDS, SETTINGS, draws, label, settings_of

LATTICE = LATTICES["triangle"](rows=3, columns=4).build()
CELLS, EDGES = LATTICE.cells, len(LATTICE.edges)


def population(count: int = 5) -> Genomes:
    return random_genomes(LATTICE, LATTICES["triangle"](rows=3, columns=4), draws(count))


def test_a_number_gives_a_genome_and_an_array_a_population():
    genomes = population()
    one = genomes[np.int64(2)]
    assert isinstance(one, Genome)
    assert (one.cells == genomes.cells[2]).all()
    for index in (np.array([3, 0, 3]), [3, 0, 3]):
        assert (genomes[index].cells == genomes.cells[[3, 0, 3]]).all()
        assert (genomes[index].muscles == genomes.muscles[[3, 0, 3]]).all()
    mask = [True, False, True, False, False]
    for index in (np.array(mask), mask):
        assert (genomes[index].cells == genomes.cells[[0, 2]]).all()
    assert len(genomes[1:4]) == 3
    assert len(genomes[[]]) == 0


def test_parts_make_the_whole():
    genomes = population()
    stacked = Genomes.stack([genomes[i] for i in range(len(genomes))])
    joined = Genomes.concatenate([genomes[:2], genomes[2:]])
    for copy in (stacked, joined):
        assert (copy.cells == genomes.cells).all()
        assert (copy.muscles == genomes.muscles).all()


@pytest.mark.parametrize(
    ("cells", "muscles", "message"),
    [
        (np.zeros((2, 3)), np.zeros((2, 4), np.uint8), "cells of float64"),
        (np.zeros((2, 3), np.int64), np.zeros((2, 4), np.uint8), "cells of int64"),
        (np.zeros((2, 3), np.uint8), np.zeros((2, 4), np.bool_), "muscles of bool"),
        (np.zeros(3, np.uint8), np.zeros((2, 4), np.uint8), r"shape \(3,\)"),
        (np.zeros((2, 3), np.uint8), np.zeros((2, 4, 1), np.uint8), r"shape \(2, 4, 1\)"),
        (np.zeros((2, 3), np.uint8), np.zeros((3, 4), np.uint8), "2 rows of cells and 3 of muscles"),
        ([[0, 1]], np.zeros((1, 4), np.uint8), "cells of list"),
    ],
)
def test_arrays_of_another_type_or_shape_are_refused(cells, muscles, message):
    with pytest.raises(GenomeError, match=message):
        Genomes(cells, muscles)


def test_one_genome_has_no_population_axis():
    with pytest.raises(GenomeError, match="1 dimension"):
        Genome(np.zeros((1, 3), np.uint8), np.zeros(4, np.uint8))


@pytest.mark.parametrize(
    ("cells", "muscles", "message"),
    [
        (np.ones((2, CELLS + 1), np.uint8), np.zeros((2, EDGES), np.uint8), f"got {CELLS + 1} cells"),
        (np.ones((2, CELLS), np.uint8), np.zeros((2, EDGES - 1), np.uint8), f"{EDGES - 1} edges"),
        (np.full((2, CELLS), 2, np.uint8), np.zeros((2, EDGES), np.uint8), "material 2"),
        (np.ones((2, CELLS), np.uint8), np.full((2, EDGES), 3, np.uint8), "muscle bits"),
        (np.zeros((2, CELLS), np.uint8), np.zeros((2, EDGES), np.uint8), "none in genome 0"),
    ],
)
def test_genomes_that_do_not_fit_the_lattice_are_refused(cells, muscles, message):
    with pytest.raises(GenomeError, match=message):
        check_genomes(LATTICE, Genomes(cells, muscles))


@pytest.mark.parametrize("settings", SETTINGS, ids=label)
def test_random_genomes_fit_and_depend_on_their_own_numbers_alone(settings):
    lattice = settings.build()
    together = random_genomes(lattice, settings, draws(6))
    check_genomes(lattice, together)
    alone = random_genomes(lattice, settings, draws(6).of([4]))
    assert (alone.cells[0] == together.cells[4]).all()
    assert (alone.muscles[0] == together.muscles[4]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_of_zero_and_one_are_certain(kind):
    full = settings_of(kind, 4, 5, fill=1.0, muscle=1.0)
    bare = settings_of(kind, 4, 5, fill=0.0, muscle=0.0)
    everything = random_genomes(full.build(), full, draws(3))
    nothing = random_genomes(bare.build(), bare, draws(3))
    assert everything.cells.all()
    assert (np.count_nonzero(nothing.cells, axis=1) == 1).all()
    if full.build().muscle_genes:
        assert everything.muscles.all()
        assert not nothing.muscles.any()
    else:
        driven = [any(material.swings) for material in full.build().materials]
        assert np.take(driven, everything.cells).all()


@pytest.mark.parametrize("kind", KINDS)
def test_materials_and_muscles_are_as_frequent_as_asked(kind):
    # All cells are filled, so that repair changes nothing.
    settings = settings_of(kind, 10, 10, fill=1.0, muscle=0.3)
    lattice = settings.build()
    genomes = random_genomes(lattice, settings, draws(200))
    frequencies = np.bincount(genomes.cells.ravel(), minlength=len(lattice.materials)) / genomes.cells.size
    np.testing.assert_allclose(frequencies, settings.material_probabilities(), atol=0.02)
    if lattice.muscle_genes:
        assert abs(genomes.muscles.mean() - 0.3) < 0.02


@pytest.mark.parametrize(
    ("rows", "columns", "masses", "springs"), [(6, 10, (21, 24), (41, 47)), (13, 22, (70, 80), (152, 172))]
)
def test_random_triangle_bodies_are_as_large_as_the_published_ones(rows, columns, masses, springs):
    settings = LATTICES["triangle"](rows=rows, columns=columns)
    lattice = settings.build()
    nodes, edges = lattice.span(random_genomes(lattice, settings, draws(1000)).cells != 0)
    assert masses[0] < nodes.sum(axis=1).mean() < masses[1]
    assert springs[0] < edges.sum(axis=1).mean() < springs[1]


def test_random_cube_bodies_are_as_large_as_documented():
    settings = LATTICES["cube"]()
    genomes = random_genomes(settings.build(), settings, draws(1000))
    nodes, edges = settings.build().span(genomes.cells != 0)
    assert 28 < np.count_nonzero(genomes.cells, axis=1).mean() < 32
    assert 100 < nodes.sum(axis=1).mean() < 110
    assert 490 < edges.sum(axis=1).mean() < 535
