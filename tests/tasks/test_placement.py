"""Terrains set bodies down the same wherever their positions say that they are."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.tasks import Flat, Hills, Pole, Steps
from tests.sim.bodies import ASSORTED, SOLIDS


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("terrain", [Flat(), Hills(), Steps(), Pole()], ids=lambda terrain: terrain.name)
def test_a_body_is_set_down_the_same_from_any_frame(terrain, dimension):
    bodies = Bodies.of(ASSORTED if dimension == 2 else SOLIDS)
    # Powers of two, so that shifting there and back rounds little.
    shifts = np.random.default_rng(0).choice([-4.0, -0.5, 2.0, 8.0], size=(len(bodies), dimension))
    elsewhere = replace(bodies, positions=bodies.positions + np.repeat(shifts, np.diff(bodies.mass_start), axis=0))
    np.testing.assert_allclose(terrain.place(elsewhere), terrain.place(bodies), atol=1e-13)
