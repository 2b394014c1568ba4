"""The conditions of a world: its terrain and task, and what varies between worlds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesign.errors import ConfigError
from codesign.sim.contracts import Terrain
from codesign.sim.kernel_key import kernel_key
from codesign.sim.task import Task, require_task

BEACON_HEIGHT = 0.1
"""How high above the ground the beacon hangs [m], so that no mass gets into it."""


@dataclass(frozen=True)
class Conditions:
    """What a world is like, besides its body and controller.

    Attributes:
        terrain: the ground.
        task: what is to be done.
        friction: factor on the friction of the contact.
        push: change of the velocity of all masses [m/s] at one moment, shape (dimension,); None for no push.
        push_step: the step in which that happens.
        motor_noise: standard deviation of what is added to the actuation of every muscle in every step, uniformly
            distributed.
        noise_seed: which noise that is.
        stiffness: factor on the stiffness of every spring.
        mass: factor on every mass, which is 1 kg or what the body says. Impulses of springs and forces are divided by
            it. Gravity and pushes change velocities as before; so does the papers' drag, which is a rate [1/s] and not
            a coefficient [N s/m]: damping proportional to mass, as Rayleigh's. The contact works on velocities.
        strength: factor on the commanded strain of every muscle, noise included.
        latency: steps from the controller's answer to the muscles that follow it; until the first answer arrives, they
            are commanded nothing.
        beacon: horizontal coordinates of the light that can be sensed [m], shape (dimension - 1,); None for where the
            task puts it, if it does.
    """

    terrain: Terrain
    task: Task
    friction: float = 1.0
    push: tuple[float, ...] | None = None
    push_step: int = 0
    motor_noise: float = 0.0
    noise_seed: int = 0
    beacon: tuple[float, ...] | None = None
    stiffness: float = 1.0
    mass: float = 1.0
    strength: float = 1.0
    latency: int = 0


def require_conditions(conditions: Sequence[Conditions], dimension: int) -> None:
    """Check that conditions can be simulated together, in so many dimensions.

    Raises:
        ConfigError: none at all, kinds of ground or tasks that differ, a push of another dimension, a beacon outside
            of the ground, or a number out of range.
    """
    if not conditions:
        raise ConfigError("at least one world per robot", "none", "set conditions.count to 1 or more")
    require_task(conditions[0].task, dimension)
    kinds = {(kernel_key(each.terrain), kernel_key(each.task)) for each in conditions}
    if len(kinds) > 1:
        raise ConfigError("worlds of one kind of ground and task", f"{len(kinds)} kinds", "give all the same kind")
    for each in conditions:
        if not 0.0 <= each.friction < math.inf or not 0.0 <= each.motor_noise < math.inf:
            got = f"friction {each.friction} and noise {each.motor_noise}"
            raise ConfigError(
                "a factor of friction and motor noise of 0 or more",
                got,
                "lower conditions.friction_spread and motor_noise",
            )
        if each.push is not None and len(each.push) != dimension:
            raise ConfigError(f"a push of {dimension} numbers", f"{len(each.push)}", "give one per axis")
        _require_body_and_motors(each)
        _require_beacon(each, dimension)


def require_latency(conditions: Sequence[Conditions], steps: int) -> None:
    """Check that muscles follow their controllers before the end of an episode of so many steps.

    Raises:
        ConfigError: they do not.
    """
    longest = max(each.latency for each in conditions)
    if longest >= steps:
        expected = f"a latency below the {steps} steps of an episode"
        raise ConfigError(expected, f"{longest} steps", "lower conditions.latency and latency_spread")


def _require_body_and_motors(conditions: Conditions) -> None:
    for name in ("stiffness", "mass", "strength"):
        factor = getattr(conditions, name)
        if not 0.0 < factor < math.inf:
            raise ConfigError(f"a factor on {name} above 0", f"{factor}", f"lower conditions.{name}_spread")
    if not isinstance(conditions.latency, int) or conditions.latency < 0:
        got, remedy = f"{conditions.latency}", "set the latency to a whole number of steps"
        raise ConfigError("a latency of 0 steps or more", got, remedy)


def _require_beacon(conditions: Conditions, dimension: int) -> None:
    beacon = _level_place(conditions, dimension)
    if beacon is None:
        return
    if len(beacon) != dimension - 1:
        example = "[0.8]" if dimension == 2 else "[0.8,0.3]"
        got = f"{len(beacon)} of them for a body in {dimension}D"
        raise ConfigError("one number for each level axis", got, f"set {{field}}, for example to {example}", "beacon")
    low, high = conditions.terrain.extent(dimension)
    place = np.array(beacon)
    if not np.isfinite(place).all() or (place < low).any() or (place > high).any():
        inside = " and ".join(f"{one:g} to {other:g} m" for one, other in zip(low, high, strict=True))
        got = ", ".join(f"{number:g}" for number in beacon)
        raise ConfigError(f"a target inside the world ({inside})", got, "move task.target, or make the terrain larger")


def beacon_of(conditions: Conditions, dimension: int) -> np.ndarray | None:
    """Return where the beacon hangs [m], shape (dimension,); None where there is none."""
    beacon = _level_place(conditions, dimension)
    if beacon is None:
        return None
    place = np.array([beacon], dtype=np.float64)
    return np.append(place[0], conditions.terrain.height(place)[0] + BEACON_HEIGHT)


def _level_place(conditions: Conditions, dimension: int) -> tuple[float, ...] | None:
    return conditions.task.beacon(dimension) if conditions.beacon is None else conditions.beacon
