import numpy as np
import pytest

from codesign.body import Bodies, Tissue, develop
from codesign.genome import random_genomes
from codesign.genome.lattices import CubeLattice, SquareLattice
from tests.genome.lattices import KINDS, draws, genomes_of, settings_of

FIELDS = ("positions", "springs", "rest_lengths", "stiffness", "swings", "cells", "materials")
STARTS = ("mass_start", "spring_start", "cell_start")


@pytest.fixture(params=KINDS)
def bodies(request: pytest.FixtureRequest) -> Bodies:
    settings = settings_of(request.param, 4, 5)
    return develop(settings.build(), random_genomes(settings.build(), settings, draws(7)), Tissue())


def assert_equal(one: Bodies, other: Bodies) -> None:
    for field in FIELDS + STARTS:
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
        assert getattr(one, field).dtype == getattr(other, field).dtype


def test_offsets_enclose_all_parts(bodies):
    assert len(bodies) == 7
    for field, start in (("positions", "mass_start"), ("springs", "spring_start"), ("cells", "cell_start")):
        offsets = getattr(bodies, start)
        assert offsets.dtype == np.int64
        assert (offsets[0], offsets[-1]) == (0, len(getattr(bodies, field)))
        assert (np.diff(offsets) > 0).all()


def test_parts_have_the_documented_types(bodies):
    expected = ("float64", "int32", "float64", "float64", "float64", "int32", "uint8")
    assert tuple(str(getattr(bodies, field).dtype) for field in FIELDS) == expected


def test_spring_and_cell_ends_are_masses_of_the_same_body(bodies):
    for i in range(len(bodies)):
        body = bodies[i]
        assert set(body.springs.ravel().tolist()) == set(range(len(body.positions)))
        assert set(body.cells.ravel().tolist()) == set(range(len(body.positions)))
        assert (body.springs[:, 0] < body.springs[:, 1]).all()


def test_a_number_gives_one_body_counted_from_either_end(bodies):
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(bodies[-2], field), getattr(bodies[5], field))
    for outside in (7, -8):
        with pytest.raises(IndexError):
            bodies[outside]


def test_iteration_ends(bodies):
    assert len(list(bodies)) == 7


def test_of_undoes_indexing(bodies):
    assert_equal(Bodies.of([bodies[i] for i in range(len(bodies))]), bodies)


@pytest.mark.parametrize("indices", [[3], [6, 0, 0, 2], []])
def test_take_gives_the_chosen_bodies_in_order(bodies, indices):
    taken = bodies.take(np.array(indices, dtype=int))
    assert len(taken) == len(indices)
    for position, index in enumerate(indices):
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(taken[position], field), getattr(bodies[index], field))
    if indices:
        assert_equal(taken, Bodies.of([bodies[i] for i in indices]))


def test_pieces_are_what_springs_hold_together(bodies):
    assert [body.pieces for body in bodies] == [1] * len(bodies)
    # Two squares that meet in a point are one piece, two cubes with another between them are not.
    for settings, filled, pieces in (
        (SquareLattice(rows=2, columns=2), [0, 3], 1),
        (CubeLattice(columns=3, rows=1, layers=1), [0, 2], 2),
    ):
        body = develop(settings.build(), genomes_of(settings.build(), filled), Tissue())[0]
        assert body.pieces == pieces


@pytest.mark.parametrize("part", [slice(0, 7), slice(2, 5), slice(5, None), slice(-2, None), slice(3, 3), slice(5, 2)])
def test_a_slice_gives_consecutive_bodies_whose_numbers_are_not_copied(bodies, part):
    own = bodies[part]
    assert_equal(own, bodies.take(np.arange(7)[part]))
    assert all(np.shares_memory(getattr(own, field), getattr(bodies, field)) for field in FIELDS if len(own))


def test_a_slice_with_a_step_is_refused(bodies):
    with pytest.raises(ValueError, match="without a step"):
        bodies[::2]
