"""Robots to transfer, made of nothing but NumPy: only their start and what is asked of their muscles is recorded."""

from dataclasses import replace
from typing import Any

import numpy as np

from codesign.export import Mechanics, Recording, Trajectory
from tests.export import cubes, strips

MECHANICS = Mechanics(
    dt=0.004, gravity=-9.8, damping=15.0, regularisation=1e-8, contact="coulomb", contact_settings={"friction": 0.9}
)


def flat(dim: int, height: float) -> np.ndarray:
    """Level ground."""
    if dim == 2:
        return np.array([[-1.0, height], [3.0, height]])
    ground = cubes.flat_ground()
    ground[..., 2] = height
    return ground


def weighty(made: Recording) -> Recording:
    """Return the robot with masses, damping along springs and force limits that all differ."""
    generator, springs = np.random.default_rng(4), len(made.springs)
    limits = generator.uniform(5.0, 60.0, springs)
    limits[0] = np.inf
    masses, damping = generator.uniform(0.6, 1.8, made.masses), generator.uniform(0.0, 8.0, springs)
    return replace(made, point_masses=masses, damping=damping, force_limits=limits)


def robot(dim: int = 2, steps: int = 100, mechanics: Mechanics = MECHANICS, **changes: Any) -> Recording:
    """A strip in 2D, a table in 3D, on level ground, with muscles that follow sines of one second."""
    made = strips.recording() if dim == 2 else cubes.recording(bumpy=False)
    start = made.after.positions[0].astype(np.float64)
    times = mechanics.dt * np.arange(steps + 1)
    phases = np.arange(len(made.springs))
    actuation = np.sin(2.0 * np.pi * times[:, None] + phases) * (made.swings > 0.0)
    motion = Trajectory(times, np.repeat(start[None], steps + 1, axis=0), actuation)
    first, second = made.springs.T
    fields = {
        "after": motion,
        "before": None,
        "rest_lengths": np.linalg.norm(start[first] - start[second], axis=1),
        "ground": flat(dim, float(start[:, -1].min())),
        "mechanics": mechanics,
    }
    return replace(made, **(fields | changes))
