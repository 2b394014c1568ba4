"""Bodies in rows: nothing lost, nothing shared, and padding without effect."""

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.sim.layout.packing import PackedBodies, pack, padded_offsets
from tests.sim.bodies import ASSORTED


@pytest.mark.parametrize("row", [1, 4, 16])
def test_masses_and_springs_fill_whole_rows(row: int) -> None:
    bodies = Bodies.of(ASSORTED)
    packed = pack(bodies, row)
    layout = packed.layout
    np.testing.assert_array_equal(layout.masses, [len(body.positions) for body in ASSORTED])
    np.testing.assert_array_equal(layout.springs, [len(body.springs) for body in ASSORTED])
    assert not (layout.padded_masses % row).any()
    assert not (layout.padded_springs % row).any()
    assert packed.mask.sum() == len(bodies.positions)
    assert len(np.unique(packed.spring_slots)) == len(bodies.springs)


@pytest.mark.parametrize("row", [1, 4, 16])
def test_padding_springs_pull_with_nothing(row: int) -> None:
    packed = pack(Bodies.of(ASSORTED), row)
    padding = np.ones(len(packed.stiffness), bool)
    padding[packed.spring_slots] = False
    assert not packed.stiffness[padding].any()
    assert not packed.swing[padding].any()


def rows_of(packed: PackedBodies, world: int) -> np.ndarray:
    first, last = packed.layout.mass_start[world : world + 2] // packed.layout.row
    return packed.incidence_start[first : last + 1]


@pytest.mark.parametrize("row", [1, 16])
def test_every_mass_gathers_exactly_its_springs(row: int) -> None:
    packed = pack(Bodies.of(ASSORTED), row)
    for world, body in enumerate(ASSORTED):
        total = packed.layout.padded_springs[world]
        for mass in range(packed.layout.padded_masses[world]):
            at = packed.layout.mass_start[world] + mass
            rows = slice(*packed.incidence_start[at // row : at // row + 2])
            gathered = packed.incidence[rows, at % row]
            expected = [
                spring if end == 1 else total + spring
                for spring, ends in enumerate(body.springs.tolist())
                for end in (0, 1)
                if ends[end] == mass
            ]
            nothing = [2 * total] * (len(gathered) - len(expected))
            assert gathered.tolist() == expected + nothing
        assert packed.layout.incidences[world] == row * np.diff(rows_of(packed, world)).sum()


def test_offsets_round_up() -> None:
    assert padded_offsets(np.array([1, 4, 5, 0]), 4).tolist() == [0, 4, 8, 16, 16]
