"""Pictures of environments, by the renderer of the project's films; it needs no display."""

from typing import Any

import gymnasium
import numpy as np

from codesign.export import Recording, Trajectory, render_frame
from codesign.gym.closed_loop import ClosedLoop
from codesign.run import mechanics_of
from codesign.sim import beacon_of

_SIZE = (480, 320)
"""Pixels across and down."""

_MARGIN = 3.0
"""Ground that is shown beyond a body's way [m]."""


def metadata_of(metadata: dict[str, Any], loop: ClosedLoop) -> dict[str, Any]:
    """Return an environment's metadata with as many pictures a second as it makes control steps."""
    rate = 1.0 / (loop.loop.control_steps * loop.problem.spec.physics.dt)
    return {**metadata, "render_fps": max(1, round(rate))}


class Pictures:
    """What the bodies of a loop have done in their episodes, and pictures of it.

    Args:
        loop: the bodies.
    """

    def __init__(self, loop: ClosedLoop) -> None:
        self._loop = loop
        self._frames: list[list[tuple[float, np.ndarray, np.ndarray]]] = [[] for _ in range(len(loop.bodies))]

    def begin(self, chosen: np.ndarray) -> None:
        """Forget what some bodies did, and note how they begin; bool, shape (bodies,)."""
        for body in np.flatnonzero(chosen).tolist():
            self._frames[body].clear()
        self.add(chosen)

    def add(self, chosen: np.ndarray) -> None:
        """Note where some bodies are now; bool, shape (bodies,)."""
        loop = self._loop
        for body in np.flatnonzero(chosen).tolist():
            masses, springs = (
                slice(*start[body : body + 2]) for start in (loop.bodies.mass_start, loop.bodies.spring_start)
            )
            self._frames[body].append(
                (float(loop.time[body]), loop.positions[masses].copy(), loop.actuation[springs].copy())
            )

    def draw(self, body: int) -> np.ndarray:
        """Return a picture of a body now, uint8, shape (height, width, 3).

        Raises:
            gymnasium.error.ResetNeeded: no episode was begun.
        """
        if not self._frames[body]:
            raise gymnasium.error.ResetNeeded("expected an episode; got none; call reset first")
        times, positions, actuation = (np.array(each) for each in zip(*self._frames[body], strict=True))
        recording = self._recording(body, Trajectory(times, positions, actuation))
        return render_frame(recording, float(times[-1]), *_SIZE)

    def _recording(self, body: int, motion: Trajectory) -> Recording:
        spec, own = self._loop.problem.spec, self._loop.bodies[body]
        condition, dimension = spec.conditions()[0], own.positions.shape[1]
        level = motion.positions[..., :-1].reshape(-1, dimension - 1).astype(np.float64)
        return Recording(
            design=f"body-{body}",
            generation=0,
            parents=(),
            operator="given",
            fitness=-float(self._loop.loss[body]),
            measures={},
            curve=np.zeros(0),
            springs=own.springs,
            rest_lengths=own.rest_lengths,
            stiffness=own.stiffness,
            swings=own.swings,
            cells=own.cells,
            materials=own.materials,
            ground=spec.terrain.surface(level.min(axis=0) - _MARGIN, level.max(axis=0) + _MARGIN),
            light=beacon_of(condition, dimension),
            after=motion,
            before=None,
            weights=np.zeros(0),
            task=spec.task.name,
            mechanics=mechanics_of(spec.physics, condition),
        )
