"""What differs between worlds: the ground, its friction, the beacon, a push, masses, noise and latency of motors."""

import math
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class WorldParameterFunctions:
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


def build_world_parameters(types: KernelTypes, Values: Any) -> WorldParameterFunctions:
    """Return the functions in given kernel types; world number w lives under conditions number w modulo their count."""
    module, real, Constants, WorldParameters = types.module, types.real, types.Constants, types.WorldParameters
    reals, values_array = wp.array(dtype=real), wp.array(dtype=Values)
    row_vector, WEIGHED, DELAYED, WINDOWED = types.row_vector, types.weighed, types.delayed, types.windowed

    @wp.func_native("auto out = ground; out.data = ground.data + start; return out;")
    def begin(ground: reals, start: int) -> reals: ...

    @wp.func(module=module, inline=True)
    def apply(constants: Constants, world_parameters: WorldParameters, world: int) -> Constants:
        own = constants
        at = world % world_parameters.count
        own.contact = world_parameters.contact[at]
        own.beacon = world_parameters.beacon[at]
        own.push = world_parameters.push[at]
        own.push_step = world_parameters.push_step[at]
        own.noise = world_parameters.noise[at]
        own.noise_seed = world_parameters.noise_seed[at]
        if wp.static(WEIGHED):
            own.per_mass = world_parameters.per_mass[at]
        if wp.static(DELAYED):
            own.latency = world_parameters.latency[at]
        if wp.static(WINDOWED):
            own.first_step = world_parameters.first_step[at]
            own.push_step = own.push_step - own.first_step
        return own

    @wp.func(module=module, inline=True)
    def ground_from(ground: reals, world_parameters: WorldParameters, world: int) -> reals:
        return begin(ground, world_parameters.ground_start[world % world_parameters.count])

    @wp.func(module=module, inline=True)
    def values_of(values: values_array, world_parameters: WorldParameters, world: int) -> Values:
        return values[world % world_parameters.count]

    @wp.func_native(_noise(types))
    def noise_of(constants: Constants, step: int, first: int) -> row_vector: ...

    return WorldParameterFunctions(apply, ground_from, values_of, noise_of)


def _noise(types: KernelTypes) -> str:
    """Return the code of a row of noise: uniform with the wanted deviation, a hash of seed, step and muscle.

    The hash has three rounds of multiplication and shifts (lowbias32, Wellons 2018), whose bits pass statistical tests;
    it is arithmetic alone, so that a row of it becomes vector code and every device gets the same.
    """
    spread = math.sqrt(3.0) * 2.0**-23
    return f"""wp::vec_t<{types.row}, decltype(constants.noise)> out;
    const decltype(constants.noise) scale = constants.noise * (decltype(constants.noise)){spread!r};
    const unsigned int seed = (unsigned int)constants.noise_seed * 0x9e3779b9u + (unsigned int)step * 0x85ebca6bu;
    for (int e = 0; e < {types.row}; ++e) {{
        unsigned int bits = seed ^ ((unsigned int)(first + e) * 0xc2b2ae35u + 0x27d4eb2fu);
        bits ^= bits >> 16; bits *= 0x7feb352du;
        bits ^= bits >> 15; bits *= 0x846ca68bu;
        bits ^= bits >> 16;
        out[e] = scale * (decltype(constants.noise))((int)(bits >> 8) - 8388608);
    }}
    return out;"""
