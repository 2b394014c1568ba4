"""Bodies that cannot be simulated are refused where they are made."""

from dataclasses import fields, replace

import numpy as np
import pytest

from codesign.body import Bodies, Body, Tissue, develop
from codesign.errors import BodyError
from tests.genome.lattices import genomes_of, settings_of

SIDE = 0.1


def square(**changes) -> Body:
    """Return a square of four masses with a diagonal, and a cell."""
    made = Body(
        positions=np.array([[0.0, 0.0], [SIDE, 0.0], [SIDE, SIDE], [0.0, SIDE]]),
        springs=np.array([[0, 1], [1, 2], [2, 3], [0, 3], [0, 2]]),
        rest_lengths=np.array([SIDE, SIDE, SIDE, SIDE, SIDE * np.sqrt(2.0)]),
        stiffness=np.full(5, 3e4),
        swings=np.full(5, 0.1),
        cells=np.array([[0, 1, 2, 3]]),
        materials=np.array([1]),
    )
    return replace(made, **changes)


def with_entry(field: str, entry: int, value) -> dict[str, np.ndarray]:
    """Return a change of one entry of a field of the square."""
    array = getattr(square(), field).copy()
    array[entry] = value
    return {field: array}


WRONG = [
    (with_entry("springs", 3, [0, 4]), "springs between masses 0 to 3 of the body; got spring 3 with masses 0, 4"),
    (with_entry("springs", 4, [-1, 2]), "got spring 4 with masses -1, 2"),
    (with_entry("springs", 1, [2, 2]), "springs that join two masses; got spring 1 from mass 2 to itself"),
    (
        with_entry("cells", 0, [0, 1, 2, 4]),
        "cells between masses 0 to 3 .* cell 0 with masses 0, 1, 2, 4",
    ),
    (with_entry("stiffness", 2, -1.0), "got -1.0 for spring 2"),
    (with_entry("stiffness", 0, np.nan), "got nan for spring 0"),
    (with_entry("stiffness", 0, np.inf), "got inf for spring 0"),
    (with_entry("rest_lengths", 4, 0.0), "above 0 .* got 0.0 for spring 4"),
    (with_entry("rest_lengths", 4, np.inf), "got inf for spring 4"),
    (with_entry("swings", 1, 1.0), "from 0 to below 1; got 1.0 for spring 1"),
    (with_entry("swings", 1, -0.1), "got -0.1 for spring 1"),
    (with_entry("positions", 3, [np.nan, 0.0]), "finite positions .* for mass 3"),
    ({"springs": square().springs.astype(float)}, "springs as an array of whole numbers .* got float64"),
    ({"springs": np.array([[0, 2**32 + 1]] * 5)}, "springs as an array of whole numbers"),
    ({"springs": square().springs.ravel()}, "2 dimension"),
    ({"springs": np.zeros((5, 3), int)}, r"springs of shape \(5, 2\); got \(5, 3\)"),
    ({"swings": np.zeros(4)}, r"swings of shape \(5,\); got \(4,\)"),
    ({"stiffness": np.full((5, 1), 1.0)}, "1 dimension"),
    ({"positions": np.zeros((4, 4))}, r"positions of shape \(4, 2\) or \(4, 3\)"),
    ({"positions": np.array([["a", "b"]] * 4)}, "positions as an array of numbers"),
    ({"materials": np.array([1, 1])}, r"materials of shape \(1,\)"),
    ({"materials": np.array([256])}, "materials as an array of whole numbers"),
    (with_entry("masses", 2, 0.0), "finite masses above 0 .* got 0.0 for mass 2"),
    (with_entry("masses", 2, np.inf), "got inf for mass 2"),
    (with_entry("damping", 1, -0.5), "finite damping of at least 0 .* got -0.5 for spring 1"),
    (with_entry("damping", 1, np.nan), "got nan for spring 1"),
    (with_entry("force_limits", 0, 0.0), "force_limits above 0 .* got 0.0 for spring 0"),
    (with_entry("force_limits", 0, np.nan), "got nan for spring 0"),
    ({"masses": np.ones(5)}, r"masses of shape \(4,\); got \(5,\)"),
    ({"damping": np.zeros(4)}, r"damping of shape \(5,\); got \(4,\)"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG)
def test_a_body_that_cannot_be_simulated_is_refused(changes, said):
    with pytest.raises(BodyError, match=said):
        square(**changes)


@pytest.mark.parametrize(("changes", "_said"), WRONG)
def test_so_are_many_bodies(changes, _said):
    both = {name: np.concatenate([wrong, wrong]) for name, wrong in changes.items()}
    with pytest.raises(BodyError):
        replace(Bodies.of([square(), square()]), **both)


def test_of_many_bodies_the_message_says_which():
    bodies = Bodies.of([square(), square()])
    springs = bodies.springs.copy()
    # Mass 4 is the first of the second body, but springs count within their own.
    springs[7] = [2, 4]
    with pytest.raises(BodyError, match="got spring 2 of body 1 with masses 2, 4"):
        replace(bodies, springs=springs)


@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("mass_start", [0, 4]),
        ("mass_start", [1, 4, 8]),
        ("mass_start", [0, 4, 9]),
        ("spring_start", [0, 11, 10]),
        ("cell_start", [0.0, 1.0, 2.0]),
    ],
)
def test_offsets_that_do_not_divide_the_arrays_are_refused(name, starts):
    with pytest.raises(BodyError):
        replace(Bodies.of([square(), square()]), **{name: np.array(starts)})


def test_a_body_without_masses_is_refused():
    with pytest.raises(BodyError, match="at least one mass"):
        Body(np.zeros((0, 2)), np.zeros((0, 2), int), np.zeros(0), np.zeros(0), np.zeros(0))


def test_a_body_of_ones_own_needs_no_cells_and_may_come_as_lists():
    body = Body([[0, 0], [1, 0]], [[0, 1]], [1], [100], [0])  # pyright: ignore[reportArgumentType]
    assert [str(getattr(body, field.name).dtype) for field in fields(body)] == [
        *("float64", "int32", "float64", "float64", "float64", "int32", "uint8", "float64", "float64", "float64")
    ]
    assert (len(body.cells), len(body.materials), body.pieces) == (0, 0, 1)


def test_bodies_with_and_without_cells_go_together():
    bare = square(cells=np.zeros((0, 3), int), materials=np.zeros(0, int))
    bodies = Bodies.of([bare, square(), bare])
    assert bodies.cells.tolist() == [[0, 1, 2, 3]]
    assert [len(body.cells) for body in bodies] == [0, 1, 0]


def test_bodies_that_do_not_go_together_are_refused():
    solid = Body(np.eye(3), [[0, 1]], [1.0], [1.0], [0.0])  # pyright: ignore[reportArgumentType]
    with pytest.raises(BodyError, match="one number of dimensions"):
        Bodies.of([square(), solid])
    with pytest.raises(BodyError, match="one number of corners"):
        Bodies.of([square(), square(cells=np.array([[0, 1, 2]]))])


def test_a_mask_chooses_bodies():
    bodies = Bodies.of([square(), square(swings=np.zeros(5)), square()])
    chosen = bodies.take(np.array([False, True, True]))
    assert chosen.swings.tolist() == [0.0] * 5 + [0.1] * 5
    assert len(bodies.take([False, False, False])) == 0


def test_arrays_of_the_documented_types_are_not_copied():
    body = square()
    assert all(getattr(replace(body), field.name) is getattr(body, field.name) for field in fields(body))


def test_bodies_that_grow_are_checked_too():
    settings = settings_of("triangle", 2, 2)
    lattice = settings.build()
    tissue = Tissue()
    object.__setattr__(tissue, "stiffness", -1.0)
    with pytest.raises(BodyError, match=r"got -1.0 for spring 0 of body 0"):
        develop(lattice, genomes_of(lattice, [0]), tissue)


def test_what_is_not_given_is_as_in_the_papers():
    made = square()
    np.testing.assert_array_equal(made.masses, np.ones(4))
    np.testing.assert_array_equal(made.damping, np.zeros(5))
    np.testing.assert_array_equal(made.force_limits, np.full(5, np.inf))
    assert not Bodies.of([made]).has_material_properties
    for change in (with_entry("masses", 0, 2.0), with_entry("damping", 0, 1.0), with_entry("force_limits", 0, 9.0)):
        assert Bodies.of([made, square(**change)]).has_material_properties


def test_masses_damping_and_limits_go_with_their_body():
    first, second = square(masses=np.arange(1.0, 5.0)), square(damping=np.arange(5.0), force_limits=np.arange(1.0, 6.0))
    bodies = Bodies.concatenate([Bodies.of([first]), Bodies.of([second, first])]).take([1, 0])[0:2]
    for found, made in zip(bodies, (second, first), strict=True):
        for name in ("masses", "damping", "force_limits"):
            np.testing.assert_array_equal(getattr(found, name), getattr(made, name))
