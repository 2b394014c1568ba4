"""What differs between worlds: the ground, friction, the light, a push, and the noise of motors."""

# Warp gives the annotations of kernels its own meaning, which a type checker cannot read.
# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportArgumentType=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false, reportReturnType=false
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.body import offsets
from codesign.errors import ConfigError
from codesign.sim.dialect import Dialect
from codesign.sim.plugins import Conditions
from codesign.sim.settings import Physics

LIGHT_HEIGHT = 0.1
"""How high above the ground the light hangs [m], so that no mass gets into it."""


@dataclass(frozen=True)
class SurroundingFunctions:
    """What kernels do once per world to know its surroundings.

    Attributes:
        apply: (constants, surroundings, world) -> constants as they hold in that world.
        ground_from: (ground, surroundings, world) -> ground that begins with what belongs to that world.
        values_of: (values, surroundings, world) -> the task's constants.
        noise_of: (constants, step, first) -> noise of a row of muscles whose first is number `first` in its world.
    """

    apply: Any
    ground_from: Any
    values_of: Any
    noise_of: Any


def build_surroundings(dialect: Dialect, Values: Any) -> SurroundingFunctions:
    """Return the functions of a dialect; world number w lives under conditions number w modulo their count."""
    module, real, Constants, Surroundings = dialect.module, dialect.real, dialect.Constants, dialect.Surroundings
    reals, values_array = wp.array(dtype=real), wp.array(dtype=Values)
    numbers = dialect.numbers

    @wp.func_native("auto out = ground; out.data = ground.data + start; return out;")
    def begin(ground: reals, start: int) -> reals: ...

    @wp.func_native("return values.data[index];")
    def pick_values(values: values_array, index: int) -> Values: ...

    @wp.func(module=module, inline=True)
    def apply(constants: Constants, surroundings: Surroundings, world: int) -> Constants:
        own = constants
        at = world % surroundings.count
        own.friction = constants.friction * surroundings.friction[at]
        if constants.grip < real(0.0):
            own.grip = own.friction
        own.light = surroundings.light[at]
        own.push = surroundings.push[at]
        own.push_step = surroundings.push_step[at]
        own.noise = surroundings.noise[at]
        own.noise_seed = surroundings.noise_seed[at]
        return own

    @wp.func(module=module, inline=True)
    def ground_from(ground: reals, surroundings: Surroundings, world: int) -> reals:
        return begin(ground, surroundings.ground_start[world % surroundings.count])

    @wp.func(module=module, inline=True)
    def values_of(values: values_array, surroundings: Surroundings, world: int) -> Values:
        return pick_values(values, world % surroundings.count)

    @wp.func_native(_noise(dialect))
    def noise_of(constants: Constants, step: int, first: int) -> numbers: ...

    return SurroundingFunctions(apply, ground_from, values_of, noise_of)


def _noise(dialect: Dialect) -> str:
    """Return the code of a row of noise: uniform with the wanted deviation, a hash of seed, step and muscle.

    The hash has three rounds of multiplication and shifts (lowbias32, Wellons 2018), whose bits pass statistical tests;
    it is arithmetic alone, so that a row of it becomes vector code and every device gets the same.
    """
    spread = math.sqrt(3.0) * 2.0**-23
    return f"""wp::vec_t<{dialect.row}, decltype(constants.noise)> out;
    const decltype(constants.noise) scale = constants.noise * (decltype(constants.noise)){spread!r};
    const unsigned int seed = (unsigned int)constants.noise_seed * 0x9e3779b9u + (unsigned int)step * 0x85ebca6bu;
    for (int e = 0; e < {dialect.row}; ++e) {{
        unsigned int bits = seed ^ ((unsigned int)(first + e) * 0xc2b2ae35u + 0x27d4eb2fu);
        bits ^= bits >> 16; bits *= 0x7feb352du;
        bits ^= bits >> 15; bits *= 0x846ca68bu;
        bits ^= bits >> 16;
        out[e] = scale * (decltype(constants.noise))((int)(bits >> 8) - 8388608);
    }}
    return out;"""


def require_conditions(conditions: Sequence[Conditions], dimension: int) -> None:
    """Check that conditions can be simulated together, in so many dimensions.

    Raises:
        ConfigError: none at all, kinds of ground or tasks that differ, a push of another dimension, a light outside of
            the ground, or a number out of range.
    """
    if not conditions:
        raise ConfigError("at least one world per robot", "none", "set conditions.count to 1 or more")
    kinds = {(each.terrain.structure, each.task.structure) for each in conditions}
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
        _require_light(each, dimension)


def _require_light(conditions: Conditions, dimension: int) -> None:
    light = conditions.task.light(dimension)
    if light is None:
        return
    low, high = conditions.terrain.extent(dimension)
    place = np.array(light)
    if not np.isfinite(place).all() or (place < low).any() or (place > high).any():
        inside = " and ".join(f"{one:g} to {other:g} m" for one, other in zip(low, high, strict=True))
        got = ", ".join(f"{number:g}" for number in light)
        raise ConfigError(f"a target inside the world ({inside})", got, "move task.target, or make the terrain larger")


def light_of(conditions: Conditions, dimension: int) -> np.ndarray | None:
    """Return where the light hangs [m], shape (dimension,); None where there is none."""
    light = conditions.task.light(dimension)
    if light is None:
        return None
    place = np.array([light], dtype=np.float64)
    return np.append(place[0], conditions.terrain.height(place)[0] + LIGHT_HEIGHT)


def upload_surroundings(conditions: Sequence[Conditions], dialect: Dialect, device: Any) -> tuple[Any, wp.array]:
    """Return the surroundings of worlds, and the ground of all of them."""
    dimension = dialect.dimension
    grounds = [each.terrain.data(dimension) for each in conditions]
    lights = [light_of(each, dimension) for each in conditions]
    nothing = np.zeros(dimension)
    surroundings = dialect.Surroundings()
    surroundings.count = len(conditions)

    def fill(name: str, values: Any, dtype: Any) -> None:
        kind = np.int32 if dtype is wp.int32 else np.float64
        setattr(surroundings, name, wp.array(np.array(values, dtype=kind), dtype=dtype, device=device))

    fill("ground_start", offsets([len(ground) for ground in grounds])[:-1], wp.int32)
    fill("friction", [each.friction for each in conditions], dialect.real)
    fill("light", [nothing if light is None else light for light in lights], dialect.vector)
    fill("push", [nothing if each.push is None else each.push for each in conditions], dialect.vector)
    fill("push_step", [-1 if each.push is None else each.push_step for each in conditions], wp.int32)
    fill("noise", [each.motor_noise for each in conditions], dialect.real)
    fill("noise_seed", [each.noise_seed for each in conditions], wp.int32)
    return surroundings, wp.array(np.concatenate(grounds), dtype=dialect.real, device=device)


def constants_of(physics: Physics, dialect: Dialect, segment: int, places: int) -> Any:
    """Return the constants that all worlds share; a grip below 0 stands for that of the friction."""
    constants = dialect.Constants()
    constants.dt, constants.gravity, constants.drag = physics.dt, physics.gravity, physics.drag
    constants.friction, constants.grip = physics.friction, -1.0 if physics.grip is None else physics.grip
    constants.softness, constants.regularisation = physics.softness, physics.regularisation
    constants.steps, constants.segment, constants.places = physics.steps, segment, places
    return constants
