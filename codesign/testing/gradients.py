"""Reverse mode against central differences: how far the gradient of a simulator is from what losses say.

All moved copies of a body are worlds of one simulator, so that a check costs one forward sweep. Copies of a world give
the same numbers whatever is beside them, which another check proves.
"""

from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from codesign.body import Bodies, Body
from codesign.sim import Simulator, Terrain

SIZES = {"weights": 1e-6, "positions": 1e-8, "velocities": 1e-7, "rest_lengths": 1e-8, "stiffness": 1e-2}
"""Half the distance of the two points that a difference is taken of, in the quantity's own unit."""

MATERIAL_SIZES = {"masses": 1e-6, "damping": 1e-4, "force_limits": 1e-3}
"""The same for what bodies may have of their own besides springs."""

FACTORS = (4.0, 1.0, 0.25, 0.01)
"""Factors on these sizes that differences are taken with: rounding dominates small ones, curvature large ones."""


class Simulated(Protocol):
    """What decides a motion, besides bodies and weights."""

    @property
    def dimension(self) -> int:
        """Dimension of space."""
        ...

    @property
    def terrain(self) -> Terrain:
        """What bodies stand on."""
        ...

    def weights(self, bodies: Bodies, seed: int = 0) -> np.ndarray:
        """Return first weights of bodies."""
        ...

    def simulator(self, bodies: Bodies, **settings: Any) -> Simulator:
        """Return a simulator in double precision."""
        ...

    def left(self, moved: np.ndarray | None = None) -> "Simulated":
        """Return the same on ground that leaves bodies where they are, all masses `moved` by that [m], if by anything.

        Args:
            moved: of the masses of all worlds, shape (masses, dimension).
        """
        ...


def standing(setup: Simulated, body: Body, gap: float = 1e-3) -> Body:
    """Return the body in world frame, set down and then raised by a gap [m]: on the ground motion has a kink."""
    return replace(body, positions=setup.terrain.place(Bodies.of([body])) + gap * np.eye(setup.dimension)[-1])


def gradient_error(
    setup: Simulated, body: Body, quantity: str, directions: int = 6, seed: int = 0, segment_steps: int = 0
) -> float:
    """Return the largest error of a directional derivative, relative to the length of the gradient.

    The error in a direction is the least that differences of several sizes show: a wrong adjoint is wrong for all.

    Args:
        setup: what is simulated.
        body: one body, in world frame.
        quantity: a key of `SIZES` or `MATERIAL_SIZES`: what the loss is differentiated in.
        directions: directions of length 1 to differentiate along; the first is the gradient's own.
        seed: of weights, velocities and directions.
        segment_steps: steps that are recomputed at a time, 0 for the simulator's choice.
    """
    generator = np.random.default_rng(seed)
    weights = setup.weights(Bodies.of([body]), seed)
    start = generator.normal(size=body.positions.shape) * 0.1
    alone = _simulator(setup, [body], weights[None], start[None], segment_steps)
    alone.forward()
    alone.reverse()
    found = alone.weights(alone.gradient) if quantity == "weights" else alone.physical_gradients()[quantity].ravel()
    length = np.linalg.norm(found)
    drawn = generator.normal(size=(directions, len(found)))
    along = np.concatenate([found[None], drawn[1:]]) if length else drawn
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    sizes = (SIZES | MATERIAL_SIZES)[quantity] * np.array(FACTORS)
    shifts = np.multiply.outer(sizes, np.stack([along, -along])).reshape(-1, len(found))
    losses = _losses(setup, body, quantity, weights, start, shifts).reshape(len(sizes), 2, directions)
    differences = (losses[:, 0] - losses[:, 1]) / (2.0 * sizes[:, None])
    scale = np.maximum(np.abs(differences).max(axis=1, keepdims=True), max(length, 1e-300))
    return float((np.abs(differences - along @ found) / scale).min(axis=0).max())


def _losses(
    setup: Simulated, body: Body, quantity: str, weights: np.ndarray, start: np.ndarray, shifts: np.ndarray
) -> np.ndarray:
    """Return the loss of one copy of the body for each shift of one quantity."""
    count, moved = len(shifts), None
    bodies, all_weights, starts = [body] * count, np.tile(weights, (count, 1)), np.tile(start, (count, 1, 1))
    if quantity == "weights":
        all_weights = all_weights + shifts
    elif quantity == "velocities":
        starts = starts + shifts.reshape(starts.shape)
    elif quantity == "positions":
        # Where masses start, not the body: a controller may know where its springs are in a body at rest.
        moved = shifts.reshape(-1, setup.dimension)
    else:
        value = getattr(body, quantity)
        bodies = [replace(body, **{quantity: value + shift.reshape(value.shape)}) for shift in shifts]
    simulator = _simulator(setup, bodies, all_weights, starts, 0, moved)
    simulator.forward()
    return simulator.loss.numpy()


def _simulator(
    setup: Simulated,
    bodies: list[Body],
    weights: np.ndarray,
    start: np.ndarray,
    segment_steps: int,
    moved: np.ndarray | None = None,
) -> Simulator:
    velocities = start.reshape(-1, start.shape[-1])
    simulator = setup.left(moved).simulator(Bodies.of(bodies), segment_steps=segment_steps, velocities=velocities)
    simulator.load(weights.ravel())
    return simulator
