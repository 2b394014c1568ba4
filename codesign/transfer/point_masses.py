"""Our own simulator once more: NumPy, double precision, variants of one robot at a time.

Compared with the recorded motion it says what rounding alone does to a robot, and under a change what that does here.
The laws are those of `codesign.sim`; uneven ground is that of the recording, on which it takes the time of impact as
linear in the height above ground.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from codesign.export import Recording, height_at, slope_at
from codesign.transfer.arrays import Array
from codesign.transfer.changes import mechanics_of
from codesign.transfer.episodes import Asked, Drive, Episode, exploded
from codesign.transfer.forces import force_of

_APPROACH = 1.0e-4
"""Speed towards the ground from which masses stick [m/s]."""

_SLIP = 0.01
"""Speed below which smooth friction fades out [m/s]."""

_SMALL = 1.0e-12


@dataclass(frozen=True, eq=False)
class _World:
    """The numbers of variants of one robot; those that differ have a variant as their first axis.

    Attributes:
        dt: length of a step [s].
        mass, friction: shape (variants, masses, 1) and (variants, 1).
        muscles: stiffness times rest length times swing over the force limit, shape (variants, springs).
        grip: largest share of the speed that friction takes, shape (variants, 1).
    """

    recording: Recording
    dt: float
    stiffness: Array
    swings: Array
    mass: Array
    friction: Array
    muscles: Array
    grip: Array


def simulate_points(variants: Sequence[Recording], drives: Sequence[Drive], substeps: int = 1) -> list[Episode]:
    """Return what variants of one robot do in our physics.

    Args:
        variants: the robot as recorded at every step, changed in stiffness, swings, mass and friction only.
        drives: of each variant, all with one controller.
        substeps: into how many steps a step of the recording is cut.

    Raises:
        ConfigError: a force or contact that is not known here.
        RecordingError: the recording does not say how it was simulated, or not at every step.
    """
    recording = variants[0]
    mechanics = mechanics_of(recording)
    world = _world(variants, mechanics.dt / substeps)
    forces, respond = force_of(recording, mechanics), _CONTACTS[mechanics.contact]
    asked, frames = Asked(recording, list(drives)), len(recording.after.times)
    x = np.repeat(recording.after.positions[:1].astype(np.float64), len(variants), axis=0)
    v = np.zeros_like(x)
    drag, pushed_at = np.exp(-mechanics.damping * world.dt), round(mechanics.push_time / mechanics.dt)
    positions = [x]
    with np.errstate(all="ignore"):
        for step in range(frames - 1):
            actuation = asked.at(step, x, v)
            for part in range(substeps):
                free = drag * v + world.dt * _pull(world, x, v, actuation)
                if mechanics.push and step == pushed_at and part == 0:
                    free = free + np.array(mechanics.push)
                free[..., -1] += world.dt * mechanics.gravity
                if forces is not None:
                    time = step * mechanics.dt + part * world.dt
                    free = free + world.dt / world.mass * forces(time, world.dt / world.mass[..., 0], x, v)
                x, v = respond(world, x, free)
            positions.append(x)
            if exploded(x).all():
                break
    return [_finite(np.stack([each[variant] for each in positions]), frames) for variant in range(len(variants))]


def _finite(positions: Array, frames: int) -> Episode:
    bad = exploded(positions)
    return Episode(positions[: int(np.argmax(bad)) if bad.any() else len(positions)], frames)


def _world(variants: Sequence[Recording], dt: float) -> _World:
    settings = [mechanics_of(each) for each in variants]
    friction = np.array([[each.friction or 0.0] for each in settings])
    grip = [[each.contact_settings.get("grip", min(each.friction or 0.0, 1.0))] for each in settings]
    return _World(
        variants[0],
        dt,
        _doubles(variants, "stiffness"),
        _doubles(variants, "swings"),
        np.array([each.mass for each in settings])[:, None, None] * _doubles(variants, "point_masses")[..., None],
        friction,
        np.prod([_doubles(variants, name) for name in ("stiffness", "rest_lengths", "swings")], axis=0)
        / _doubles(variants, "force_limits"),
        np.array(grip),
    )


def _doubles(variants: Sequence[Recording], name: str) -> Array:
    return np.stack([getattr(each, name).astype(np.float64) for each in variants])


def _pull(world: _World, x: Array, v: Array, actuation: Array) -> Array:
    """Return the acceleration of masses by springs, shape (variants, masses, dim)."""
    recording, mechanics = world.recording, mechanics_of(world.recording)
    dashpot = mechanics.forces.get("dashpot", {}).get("damping", 0.0) + recording.damping.astype(np.float64)
    first, second = recording.springs.T
    along = x[:, first] - x[:, second]
    length = np.sqrt((along**2).sum(-1)) + mechanics.regularisation
    strain = world.swings * actuation / np.sqrt(1.0 + (world.muscles * actuation) ** 2)
    tension = world.stiffness * (length - recording.rest_lengths * (1.0 + strain))
    if dashpot.any():
        tension = tension + dashpot * ((v[:, first] - v[:, second]) * along).sum(-1) / length
    force = along * (tension / length)[..., None]
    total = np.zeros_like(x)
    for variant in range(len(x)):
        for axis in range(x.shape[2]):
            own, masses = force[variant, :, axis], x.shape[1]
            total[variant, :, axis] = np.bincount(second, own, masses) - np.bincount(first, own, masses)
    return total / world.mass


def _normal(world: _World, x: Array) -> Array:
    slope = slope_at(world.recording.ground, x[..., :-1])
    normal = np.concatenate([-slope, np.ones((*slope.shape[:-1], 1))], axis=-1)
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True)


def _under(world: _World, x: Array) -> Array:
    return height_at(world.recording.ground, x[..., :-1])


def _touch(world: _World, x: Array, free: Array) -> tuple[Array, Array, Array]:
    """Return the time of impact, the place and whether masses would be below the ground after the step."""
    reached = x + world.dt * free
    before, after = x[..., -1] - _under(world, x), reached[..., -1] - _under(world, reached)
    time = np.clip(world.dt * before / np.maximum(before - after, _SMALL), 0.0, world.dt)
    return time, x + time[..., None] * free, (after < 0.0)[..., None]


def _raised(world: _World, x: Array) -> Array:
    return np.concatenate([x[..., :-1], np.maximum(x[..., -1], _under(world, x))[..., None]], axis=-1)


def _no_slip(world: _World, x: Array, free: Array) -> tuple[Array, Array]:
    """Let a mass that comes down stand still for the rest of the step."""
    _, place, below = _touch(world, x, free)
    held = below & ((free * _normal(world, place)).sum(-1) < -_APPROACH)[..., None]
    return np.where(held, _raised(world, place), x + world.dt * free), np.where(held, 0.0, free)


def _coulomb(world: _World, x: Array, free: Array) -> tuple[Array, Array]:
    """Take the normal part of the velocity away, and of the tangential one what friction takes."""
    time, place, below = _touch(world, x, free)
    normal = _normal(world, place)
    into = (free * normal).sum(-1)
    tangential = free - into[..., None] * normal
    speed = np.linalg.norm(tangential, axis=-1)
    lost = np.minimum(world.friction * np.abs(into), world.grip * speed)
    after = tangential * (1.0 - lost / np.maximum(speed, _SMALL))[..., None]
    slid = _raised(world, place + (world.dt - time)[..., None] * after)
    return np.where(below, slid, x + world.dt * free), np.where(below, after, free)


def _smooth(world: _World, x: Array, free: Array) -> tuple[Array, Array]:
    """Push the more the deeper a mass would come, and let friction fade in."""
    softness = mechanics_of(world.recording).contact_settings["softness"]
    reached = x + world.dt * free
    normal = _normal(world, reached)
    depth = (_under(world, reached) - reached[..., -1]) * normal[..., -1]
    push = (depth + np.hypot(depth, softness)) / (2.0 * world.dt)
    into = (free * normal).sum(-1)
    tangential = free - into[..., None] * normal
    share = world.friction * push / np.sqrt((tangential**2).sum(-1) + _SLIP**2)
    taken = share * world.grip / np.sqrt(share**2 + world.grip**2 + _SMALL)
    after = (1.0 - taken)[..., None] * tangential + (into + push)[..., None] * normal
    return x + world.dt * after, after


_CONTACTS: dict[str, Callable[[_World, Array, Array], tuple[Array, Array]]] = {
    "no_slip": _no_slip,
    "coulomb": _coulomb,
    "smooth": _smooth,
}
