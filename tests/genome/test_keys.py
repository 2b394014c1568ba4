from itertools import product

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import GenomeError
from codesign.genome import LATTICES, Genome, Genomes, Lattice, keys, random_genomes, repeated
from codesign.genome.keys import same_bodies
from codesign.genome.lattices import CubeLattice

from .lattices import SETTINGS, draws, genomes_of, key_list, label, sparse_genomes


def described(lattice: Lattice, genome: Genome, *, shape_only: bool = False) -> tuple:
    """Return the body as the sets of its cells and springs, moved to the origin."""
    filled = np.flatnonzero(genome.cells)
    low = lattice.node_coordinates[lattice.cell_nodes[filled].ravel()].min(axis=0)
    corners = (lattice.node_coordinates[lattice.cell_nodes[filled]] - low).tolist()
    materials = genome.cells[filled].tolist()
    cells = {(material, frozenset(map(tuple, around))) for material, around in zip(materials, corners, strict=True)}
    springs = {
        (
            frozenset(map(tuple, (lattice.node_coordinates[lattice.edges[edge]] - low).tolist())),
            int(genome.muscles[edge]) if lattice.muscle_genes and not shape_only else 0,
        )
        for edge in lattice.cell_edges[filled].ravel()
    }
    return frozenset(cells), frozenset(springs)


def assert_keys_tell_bodies_apart(lattice: Lattice, genomes: Genomes, *, shape_only: bool) -> None:
    by_key: dict[tuple, tuple] = {}
    by_body: dict[tuple, tuple] = {}
    for i, key in enumerate(key_list(lattice, genomes, shape_only=shape_only)):
        body = described(lattice, genomes[i], shape_only=shape_only)
        assert by_key.setdefault(key, body) == body
        assert by_body.setdefault(body, key) == key


@pytest.mark.parametrize("shape_only", [False, True])
@pytest.mark.parametrize("settings", SETTINGS, ids=label)
def test_keys_are_equal_exactly_for_equal_bodies(settings, shape_only):
    lattice = settings.build()
    fills = (0.05, 0.2, 0.6)
    genomes = Genomes.concatenate([sparse_genomes(lattice, 60, seed, fill) for seed, fill in enumerate(fills)])
    assert_keys_tell_bodies_apart(lattice, genomes, shape_only=shape_only)


def test_keys_are_right_for_all_shapes_on_a_small_lattice():
    lattice = LATTICES["triangle"](rows=2, columns=4).build()
    cells = np.array([bits for bits in product((0, 1), repeat=8) if any(bits)], dtype=np.uint8)
    genomes = Genomes(cells, np.zeros((len(cells), len(lattice.edges)), dtype=np.uint8))
    assert_keys_tell_bodies_apart(lattice, genomes, shape_only=False)
    assert len(set(key_list(lattice, genomes))) < len(cells)


def images(lattice: Lattice, genome: Genome) -> list[Genome]:
    """Return the genome under all symmetries of its lattice, which is as wide as it is deep in 3D."""
    grid = genome.cells[lattice.cell_grid]
    edge_at = {
        frozenset(map(tuple, pair)): edge for edge, pair in enumerate(lattice.node_coordinates[lattice.edges].tolist())
    }
    width = int(lattice.node_coordinates[:, 0].min() + lattice.node_coordinates[:, 0].max())
    found = []
    for mirrored, quarters in product((False, True), range(4 if lattice.dim == 3 else 1)):
        image = np.rot90(np.flip(grid, 0) if mirrored else grid, quarters) if lattice.dim == 3 else np.flip(grid, 0)
        if lattice.dim == 2 and not mirrored:
            image = grid
        cells, muscles = np.zeros_like(genome.cells), np.zeros_like(genome.muscles)
        cells[lattice.cell_grid.ravel()] = image.ravel()
        for ends, edge in edge_at.items():
            moved = set()
            for x, *others in ends:
                place = [width - x if mirrored else x, *others]
                for _ in range(quarters):
                    place = [width - place[1], place[0], *place[2:]]
                moved.add(tuple(place))
            muscles[edge_at[frozenset(moved)]] = genome.muscles[edge]
        found.append(Genome(cells, muscles))
    return found


SYMMETRIC = [
    CubeLattice(columns=3, rows=3, layers=2, actuated="springs"),
    CubeLattice(columns=2, rows=2, layers=2),
    LATTICES["square"](columns=3, rows=2),
    LATTICES["triangle"](columns=5, rows=2),
]


@pytest.mark.parametrize("settings", SYMMETRIC, ids=label)
def test_symmetric_keys_are_equal_exactly_for_images_of_one_body(settings):
    lattice = settings.build()
    genomes = Genomes.concatenate([sparse_genomes(lattice, 12, seed, fill) for seed, fill in enumerate((0.1, 0.5))])
    found = key_list(lattice, genomes, symmetric=True)
    by_key, by_bodies = {}, {}
    for i, key in enumerate(found):
        own = images(lattice, genomes[i])
        assert set(key_list(lattice, Genomes.stack(own), symmetric=True)) == {key}
        bodies = frozenset(described(lattice, image) for image in own)
        assert len(set(key_list(lattice, Genomes.stack(own)))) == len(bodies) <= len(lattice.symmetries)
        assert by_key.setdefault(key, bodies) == bodies
        assert by_bodies.setdefault(bodies, key) == key
    assert len(by_key) > 8


def test_symmetric_keys_do_not_depend_on_the_proportions_of_the_lattice():
    lattice = CubeLattice(columns=3, rows=2, layers=1).build()
    along_y, along_x, alone = {0: 1, 1: 2}, {0: 1, 2: 2}, {0: 1}
    genomes = genomes_of(lattice, along_y, along_x, alone)
    one, other, third = key_list(lattice, genomes, symmetric=True)
    assert one == other != third
    assert len(set(key_list(lattice, genomes))) == 3


def test_turning_a_body_upside_down_makes_another():
    lattice = CubeLattice(columns=2, rows=1, layers=2).build()
    stool, table = key_list(lattice, genomes_of(lattice, [0, 1, 2], [0, 1, 3]), symmetric=True)
    assert stool != table


def test_symmetric_keys_see_single_muscles():
    lattice = CubeLattice(columns=1, rows=1, layers=1, actuated="springs").build()
    genomes = genomes_of(lattice, *[[0]] * len(lattice.edges))
    genomes.muscles[np.arange(len(lattice.edges)), np.arange(len(lattice.edges))] = 1
    # One muscle is upright, on an upright face, or at the bottom or top along an edge or a diagonal.
    assert len(set(key_list(lattice, genomes, symmetric=True))) == 6
    assert len(set(key_list(lattice, genomes, symmetric=True, shape_only=True))) == 1


def test_triangles_pointing_up_and_down_differ():
    lattice = LATTICES["triangle"](rows=1, columns=4).build()
    down, up, down_again, up_again = key_list(lattice, genomes_of(lattice, [0], [1], [2], [3]))
    assert down == down_again != up == up_again


def test_only_muscle_bits_inside_the_body_count():
    lattice = LATTICES["triangle"](rows=1, columns=4).build()
    genomes = genomes_of(lattice, [0], [0], [0])
    inside = lattice.cell_edges[0]
    outside = np.setdiff1d(np.arange(len(lattice.edges)), inside)
    genomes.muscles[1, outside] = 1
    genomes.muscles[2, inside[1]] = 1
    plain, hidden, visible = key_list(lattice, genomes)
    assert plain == hidden != visible
    assert len(set(key_list(lattice, genomes, shape_only=True))) == 1


def test_materials_count_and_muscle_bits_do_not_where_materials_decide():
    lattice = LATTICES["square"](rows=1, columns=3).build()
    genomes = genomes_of(lattice, {0: 1}, {1: 1}, {0: 2})
    genomes.muscles[0] = 1
    rigid, moved, soft = key_list(lattice, genomes)
    assert rigid == moved != soft


@hypothesis.settings(deadline=None)
@given(seed=st.integers(0, 2**32), settings=st.sampled_from(SETTINGS))
def test_pairs_are_the_same_bodies_exactly_if_their_keys_are_equal(seed, settings):
    lattice = settings.build()
    first, second = sparse_genomes(lattice, 12, seed, 0.2), sparse_genomes(lattice, 12, seed + 1, 0.2)
    second.cells[::3] = first.cells[::3]
    second.muscles[::2] = first.muscles[::2]
    shape_only = np.random.default_rng(seed).random(12) < 0.5
    by_shape, by_body = (
        (keys(lattice, first, shape_only=each) == keys(lattice, second, shape_only=each)).all(axis=1)
        for each in (True, False)
    )
    expected = np.where(shape_only, by_shape, by_body)
    assert same_bodies(lattice, first, second, shape_only).tolist() == expected.tolist()


def test_a_genome_without_a_body_has_no_key():
    lattice = LATTICES["triangle"](rows=2, columns=2).build()
    with pytest.raises(GenomeError, match="none in genome 1"):
        key_list(lattice, genomes_of(lattice, [0], []))


def test_no_genomes_have_no_keys():
    lattice = LATTICES["triangle"](rows=2, columns=2).build()
    assert keys(lattice, genomes_of(lattice)).shape == (0, 2)


def test_repeated_keys_are_those_that_came_before_or_are_known():
    found = np.array([[1, 2], [3, 4], [1, 2], [1, 3], [0, 2], [3, 4], [1, 2]], dtype=np.uint64)
    assert repeated(found).tolist() == [2, 5, 6]
    known = np.array([[9, 9], [1, 3], [2, 1]], dtype=np.uint64)
    assert repeated(found, known).tolist() == [2, 3, 5, 6]
    assert repeated(found[:0], known).tolist() == []


def test_keys_of_many_shapes_do_not_collide_in_either_half():
    settings = LATTICES["triangle"](rows=6, columns=10)
    found = keys(settings.build(), random_genomes(settings.build(), settings, draws(20_000)))
    distinct = np.unique(found, axis=0)
    assert len(distinct) > 19_000
    for half in distinct.T:
        assert len(np.unique(half)) == len(distinct)
        # As many bits are set as not.
        assert abs(np.bitwise_count(half).mean() - 32) < 5 * 4 / np.sqrt(len(half))
