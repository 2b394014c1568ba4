"""Motions of single bodies in the simulator of this project, in double precision, in windows of bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from codesign.body import Bodies, Body
from codesign.control import Wave
from codesign.sim import Conditions, Execution, Physics, Simulator, Terrain
from codesign.sim.kernels import Force
from codesign.tasks import Flat, Walk

DEEP = Flat(ground_height=-100.0)
"""Ground that nothing gets to."""

WINDOW_NUMBERS = 2_000_000
"""Coordinates that are kept of a window."""


@dataclass(frozen=True, eq=False)
class Motion:
    """A body in motion.

    Attributes:
        times: of each frame [s], shape (frames,).
        positions: of all masses [m], shape (frames, masses, dimension).
        velocities: likewise [m/s]; those of steps in which a mass touches the ground are its mean over the step.
    """

    times: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray


def physics_of(dt: float, *, forces: tuple[Force, ...] = (), **settings: object) -> Physics:
    """Return physics without gravity, drag and regularisation unless they are given.

    `regularisation` must be above 0; here it is far below what rounding shows. `dt` is the length of a step [s].
    """
    chosen: dict[str, object] = {"gravity": 0.0, "damping": 0.0, "regularisation": 1e-14, "steps": 1} | settings
    return Physics(dt=dt, forces=forces, **chosen)  # pyright: ignore[reportArgumentType]


def windows(
    body: Body, physics: Physics, steps: int, velocities: np.ndarray | None = None, terrain: Terrain = DEEP
) -> Iterator[Motion]:
    """Yield the motion of a body from its own positions on, window after window, each with the state that it began in.

    A window begins in exactly the state in which the one before ended, since without ground a velocity is the
    difference of two positions divided by dt.

    Args:
        body: its positions are where it starts in the world [m]; muscles do not move.
        physics: its `steps` do not matter.
        steps: in all.
        velocities: at the start [m/s], shape (masses, dimension); at rest if not given.
        terrain: the ground.
    """
    passive = replace(body, swings=np.zeros(len(body.springs)))
    positions, started = body.positions, 0
    moving = np.zeros_like(positions) if velocities is None else velocities
    length = max(1, min(steps, WINDOW_NUMBERS // positions.size))
    while started < steps:
        count = min(length, steps - started)
        held = _in_place(terrain, positions)
        simulator = Simulator(
            Bodies.of([passive]),
            replace(physics, steps=count),
            Wave(),
            [Conditions(held, Walk())],
            Execution(precision="float64", device="cpu", threads=1, segment_steps=count),
            velocities=moving,
        )
        simulator.load(np.zeros(int(simulator.weight_start[-1])))
        simulator.forward()
        found = simulator.motion()[0]
        speeds = np.concatenate([moving[None], np.diff(found, axis=0) / physics.dt])
        yield Motion((started + np.arange(count + 1)) * physics.dt, found, speeds)
        positions, moving, started = found[-1].copy(), speeds[-1].copy(), started + count


def simulate(
    body: Body,
    physics: Physics,
    steps: int,
    velocities: np.ndarray | None = None,
    terrain: Terrain = DEEP,
    *,
    every: int = 1,
) -> Motion:
    """Return the motion of a body, every so many steps; the arguments are those of `windows`."""
    times, positions, speeds = [], [], []
    for window in windows(body, physics, steps, velocities, terrain):
        first = round(window.times[0] / physics.dt)
        chosen = np.arange(0 if first == 0 else 1, len(window.times))
        chosen = chosen[(first + chosen) % every == 0]
        times.append(window.times[chosen])
        positions.append(window.positions[chosen])
        speeds.append(window.velocities[chosen])
    return Motion(np.concatenate(times), np.concatenate(positions), np.concatenate(speeds))


def settled(body: Body, physics: Physics, steps: int, *, tolerance: float = 1e-9, most: int = 40) -> np.ndarray:
    """Return where a body comes to rest under its loads and drag [m], shape (masses, dimension).

    It is looked at every `steps` steps, until it moves by less than `tolerance` of what it has moved by altogether.

    Raises:
        RuntimeError: it does not come to rest in `most` such times.
    """
    before, moving = body.positions, None
    for _ in range(most):
        last = simulate(replace(body, positions=before), physics, steps, moving, every=steps)
        after, moving = last.positions[-1], last.velocities[-1]
        if np.abs(after - before).max() < tolerance * np.abs(after - body.positions).max():
            return after
        before = after
    raise RuntimeError(f"expected a body at rest after {most * steps} steps; got one that still moves")


def _in_place(terrain: Terrain, positions: np.ndarray) -> Terrain:
    """Return the same ground that leaves masses where they are."""
    kind: type = type(terrain)

    class InPlace(kind):
        """The same ground, which does not set bodies down."""

        def place(self, bodies: Bodies) -> np.ndarray:
            """Return where the masses are [m], shape (masses, dimension)."""
            del bodies
            return positions

    return InPlace(**vars(terrain))
