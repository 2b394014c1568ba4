"""Bodies of files on lattices: where they stand, what keeps its muscles, what is refused."""

from typing import Any

import numpy as np
import pytest

from codesign.body import Tissue, develop
from codesign.formats import BodyPlan, FormatError, cropped, enlarged, genomes_of, plans_of, read_plans, settings_of
from codesign.genome import LATTICES, random_genomes
from codesign.genome.lattices import CubeLattice
from codesign.streams import Purpose, draws_of


@pytest.mark.parametrize("kind", sorted(LATTICES))
def test_a_body_is_the_same_on_a_larger_lattice(kind):
    extents: dict[str, Any] = dict.fromkeys(LATTICES[kind].extents, 3)
    settings = LATTICES[kind](**extents)
    genomes = random_genomes(settings.build(), settings, draws_of(0, 0, 6, Purpose.GENOME))
    plans = plans_of(genomes, settings, [str(number) for number in range(6)])
    assert settings_of(plans) == settings
    more: dict[str, Any] = dict.fromkeys(LATTICES[kind].extents, 5)
    larger = LATTICES[kind](**more)
    small = develop(settings.build(), genomes, Tissue())
    large = develop(larger.build(), genomes_of(plans, larger), Tissue())
    for name in ("mass_start", "spring_start", "springs", "rest_lengths", "stiffness", "swings", "materials"):
        np.testing.assert_array_equal(getattr(small, name), getattr(large, name))
    np.testing.assert_allclose(small.positions, large.positions, atol=1e-12)


@pytest.mark.parametrize("kind", [*sorted(LATTICES), "springs"])
def test_a_body_is_the_same_without_the_empty_cells_around_it(kind):
    settings = CubeLattice(rows=5, columns=6, layers=4, actuated="springs", fill=0.15)
    if kind in LATTICES:
        extents: dict[str, Any] = dict(zip(LATTICES[kind].extents, (6, 7, 5), strict=False))
        settings = LATTICES[kind](**extents, fill=0.15)
    genomes = random_genomes(settings.build(), settings, draws_of(0, 0, 12, Purpose.GENOME))
    plans = plans_of(genomes, settings, [str(number) for number in range(12)])
    cut = [cropped(plan) for plan in plans]
    assert len({plan.cells.shape for plan in cut}) > 1
    large = develop(settings.build(), genomes, Tissue())
    for number, plan in enumerate(cut):
        for end in (slice(1), slice(-1, None)):
            # A row or column of triangles may stay, since these point up and down in turn.
            sides = [np.moveaxis(plan.cells, axis, 0)[end].any() for axis in range(plan.cells.ndim)]
            assert sum(sides) >= len(sides) - (kind == "triangle")
        own = settings_of([plan])
        small = develop(own.build(), genomes_of([plan], own), Tissue())[0]
        for name in ("springs", "rest_lengths", "stiffness", "swings", "materials", "cells"):
            np.testing.assert_array_equal(getattr(small, name), getattr(large[number], name))
        np.testing.assert_allclose(small.positions, large[number].positions, atol=1e-12)


def test_empty_cells_around_a_body_need_no_room():
    cells = np.zeros((50, 60), np.uint8)
    cells[30:32, 40:43] = 3
    plan = BodyPlan("far", "square", cells)
    settings = LATTICES["square"](rows=4, columns=4)
    assert enlarged(settings, [plan]) == settings
    assert genomes_of([plan], settings).cells.reshape(4, 4).tolist() == [[3, 3, 3, 0], [3, 3, 3, 0], [0] * 4, [0] * 4]


def test_a_lattice_is_enlarged_as_far_as_bodies_need():
    plan = BodyPlan("long", "square", np.ones((1, 7), np.uint8))
    settings = enlarged(LATTICES["square"](rows=4, columns=4), [plan])
    assert settings.shape == (4, 7)
    assert genomes_of([plan], settings).cells.reshape(4, 7).sum(axis=1).tolist() == [7, 0, 0, 0]


@pytest.mark.parametrize(
    ("cells", "kind", "told"),
    [
        (np.ones((1, 7), np.uint8), "square", "enlarge the lattice to rows=1, columns=7"),
        (np.ones((1, 3), np.uint8), "triangle", "bodies on a lattice of kind square"),
        (np.array([[1, 0, 1]], np.uint8), "square", "join the pieces"),
        (np.zeros((1, 3), np.uint8), "square", "body b"),
        (np.array([[9]], np.uint8), "square", "material 9"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(cells, kind, told):
    with pytest.raises(FormatError) as caught:
        genomes_of([BodyPlan("b", kind, cells)], LATTICES["square"](rows=4, columns=4))
    assert told in str(caught.value)


def test_plans_say_what_makes_their_lattice_another_than_the_default():
    settings = CubeLattice(rows=2, columns=2, layers=2, actuated="springs", soft_stiffness=0.2, fill=0.9)
    genomes = random_genomes(settings.build(), settings, draws_of(0, 0, 2, Purpose.GENOME))
    plans = plans_of(genomes, settings, ["a", "b"])
    assert plans[0].settings == {"side": 0.1, "actuated": "springs", "soft_stiffness": 0.2}
    np.testing.assert_array_equal(genomes_of(plans, settings_of(plans)).muscles, genomes.muscles)


def test_a_file_that_does_not_say_how_large_cells_are_goes_with_one_that_does():
    filled = np.ones((1, 1), np.uint8)
    plans = [BodyPlan("a", "square", filled), BodyPlan("b", "square", filled, settings={"side": 0.3})]
    assert settings_of(plans).side == 0.3
    with pytest.raises(FormatError, match=r"side 0\.3 and 0\.2 \(c\)"):
        settings_of([*plans, BodyPlan("c", "square", filled, settings={"side": 0.2})])


def test_a_pickle_is_refused_with_what_to_do_instead(tmp_path):
    path = tmp_path / "robots.pkl"
    path.write_bytes(b"\x80\x04.")
    with pytest.raises(FormatError, match=r"robots\.pkl.*docs/formats\.md"):
        read_plans(path)
