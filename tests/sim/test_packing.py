"""Bodies in rows, against a slow construction of the same arrays, and padding without effect."""

from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies, Body
from codesign.sim.device import start_warp
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.layout.packing import PackedBodies, layout_of, pack, padded_offsets, upload
from codesign.sim.sharing import Threads
from tests.sim.bodies import ASSORTED

NAMES = ("first", "second", "rest", "stiffness", "swing", "muscle", "mass_mask", "mask", "incidence")


def packed_on_device(row: int, copies: int, precision: str, threads: int) -> tuple[PackedBodies, Any]:
    """Return assorted bodies packed, and their arrays on the CPU."""
    start_warp()
    bodies = Bodies.of(ASSORTED)
    packed = pack(bodies, row, copies)
    types = KernelTypes(2, precision, row, 1, f"test_packing_{precision}_{row}")
    starts = np.arange(len(ASSORTED) * copies + 1)
    factors = np.ones(packed.copies), np.ones(packed.copies)
    return packed, upload(packed, bodies, starts[:-1], starts, factors, types, wp.get_device("cpu"), Threads(threads))


def filled(values: Any, count: int, nothing: float = 0.0) -> list[float]:
    """Return values with as many of `nothing` behind them as make up a count."""
    return [*np.ravel(values).tolist(), *[nothing] * (count - np.size(values))]


def arrays_of(body: Body, row: int) -> dict[str, list[float]]:
    """Return the arrays of one world, number by number."""
    masses, springs = (-(-len(each) // row) * row for each in (body.positions, body.springs))
    gathered = [
        [
            spring if end == 1 else springs + spring
            for spring, ends in enumerate(body.springs.tolist())
            for end in (0, 1)
            if ends[end] == mass
        ]
        for mass in range(masses)
    ]
    incidence = []
    for first in range(0, masses, row):
        own = gathered[first : first + row]
        for place in range(max(map(len, own))):
            incidence += [each[place] if place < len(each) else 2 * springs for each in own]
    return {
        "first": filled(body.springs[:, 0], springs),
        "second": filled(body.springs[:, 1], springs),
        "rest": filled(body.rest_lengths, springs),
        "stiffness": filled(body.stiffness, springs),
        "swing": filled(body.swings, springs),
        "muscle": filled(body.swings != 0.0, springs),
        "mass_mask": filled(np.ones(len(body.positions)), masses),
        "mask": filled(np.ones(2 * len(body.positions)), 2 * masses),
        "incidence": incidence,
    }


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize(("row", "precision"), [(1, "float32"), (4, "float64"), (16, "float32")])
def test_arrays_are_those_of_a_slow_construction(row: int, precision: str, copies: int, threads: int) -> None:
    packed, model = packed_on_device(row, copies, precision, threads)
    worlds = [arrays_of(body, row) for body in ASSORTED for _ in range(copies)]
    for name in NAMES:
        found = getattr(model, name).numpy().ravel()
        expected = np.array([number for world in worlds for number in world[name]], found.dtype)
        np.testing.assert_array_equal(found[: len(expected)], expected, err_msg=name)
        # Behind the last world there is room to read beyond it.
        assert not found[len(expected) :].any()
    rows = [len(world["incidence"]) for world in worlds]
    np.testing.assert_array_equal(packed.layout.incidences, rows)
    assert packed.incidence_start[-1] * row == sum(rows)
    np.testing.assert_array_equal(model.incidence_start.numpy(), packed.incidence_start)


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("row", [1, 4, 16])
def test_masses_and_springs_fill_whole_rows(row: int, copies: int) -> None:
    packed = pack(Bodies.of(ASSORTED), row, copies)
    layout = packed.layout
    np.testing.assert_array_equal(layout.masses, [len(body.positions) for body in ASSORTED for _ in range(copies)])
    np.testing.assert_array_equal(layout.springs, [len(body.springs) for body in ASSORTED for _ in range(copies)])
    assert not (layout.padded_masses % row).any()
    assert not (layout.padded_springs % row).any()
    for slots, starts, counts in (
        (packed.mass_slots, layout.mass_start, layout.masses),
        (packed.spring_slots, layout.spring_start, layout.springs),
    ):
        expected = [start + number for start, count in zip(starts, counts, strict=False) for number in range(count)]
        np.testing.assert_array_equal(slots, expected)


def test_many_bodies_are_laid_out_as_few() -> None:
    """Threads share the bodies where there are many."""
    few, many = Bodies.of(ASSORTED), Bodies.of(ASSORTED * 100)
    np.testing.assert_array_equal(layout_of(many, 8).incidences, np.tile(layout_of(few, 8).incidences, 100))


def test_the_layout_of_some_worlds() -> None:
    layout = layout_of(Bodies.of(ASSORTED), 8)
    chosen = np.array([4, 1])
    alone = layout_of(Bodies.of([ASSORTED[4], ASSORTED[1]]), 8)
    taken = layout.take(chosen)
    for name in ("masses", "springs", "mass_start", "spring_start", "incidences", "padded_masses", "padded_springs"):
        np.testing.assert_array_equal(getattr(taken, name), getattr(alone, name), err_msg=name)


def test_offsets_round_up() -> None:
    assert padded_offsets(np.array([1, 4, 5, 0]), 4).tolist() == [0, 4, 8, 16, 16]
