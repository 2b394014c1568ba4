"""Forward mode at the small neural network: both layers by their formulas.

With hidden units h = tanh(W1 x + b1) and actuation a = tanh(W2 h + b2), tangents are
dh = (1 - h^2) (dW1 x + W1 dx + db1) and da = (1 - a^2) (dW2 h + W2 dh + db2).
"""

from typing import Any

import numpy as np
import warp as wp

from codesign.control.mlp_sizes import MlpSizes
from codesign.sim.kernels import TangentFunctions, TangentTypes, build_tanh


def build_mlp_tangent(types: TangentTypes, sizes: MlpSizes) -> TangentFunctions:
    """Return the network's tangents; `sizes` are those for rows of one number."""
    kernel, Trajectory, Tangent = types.kernel, types.Trajectory, types.Tangent
    real, vector, reals, DIMENSION = kernel.real, kernel.vector, wp.array(dtype=kernel.real), kernel.dimension
    HIDDEN, SINES, SENSES, POSITION, VELOCITY = sizes.hidden, sizes.sines, sizes.senses, sizes.position, sizes.velocity
    FEATURES, Pair, tanh = sizes.features(DIMENSION), wp.types.vector(2, real), build_tanh(kernel)
    position, velocity, sense, actuation = types.position, types.velocity, types.sense, types.actuation
    moved, sped, felt, put_actuation = types.moved, types.sped, types.felt, types.put_actuation
    centre_of, tangent_of_centre = types.centre, types.d_centre
    Control = kernel.record("MlpControl", {"clock": reals, "scale": real, **dict.fromkeys(("value", "tangent"), reals)})

    @wp.func(module=kernel.module)
    def prepare(trajectory: Trajectory, tangent: Tangent, control: Control, world: int, direction: int):
        pass

    @wp.func(module=kernel.module)
    def of_weight(
        trajectory: Trajectory, tangent: Tangent, direction: int, weight: int, value: real, moving: real
    ) -> Pair:
        """Return a weight times an input, and the tangent of that."""
        own = trajectory.weights[weight]
        d_own = tangent.weights[direction * tangent.weights_of_all + weight]
        return Pair(own * value, d_own * value + own * moving)

    @wp.func(module=kernel.module)
    def of_mass(
        trajectory: Trajectory,
        tangent: Tangent,
        control: Control,
        world: int,
        direction: int,
        step: int,
        mass: int,
        weight: int,
        centre: vector,
        d_centre: vector,
    ) -> Pair:
        """Return what a mass brings to a hidden unit whose weights of the mass begin at `weight`."""
        brought = Pair()
        at = int(weight)
        if wp.static(POSITION):
            place = (position(trajectory, world, step, mass) - centre) * control.scale
            d_place = (moved(trajectory, tangent, world, direction, step, mass) - d_centre) * control.scale
            for axis in range(DIMENSION):
                brought += of_weight(trajectory, tangent, direction, at + axis, place[axis], d_place[axis])
            at += DIMENSION
        if wp.static(VELOCITY):
            speed = velocity(trajectory, world, step, mass) * control.scale
            d_speed = sped(trajectory, tangent, world, direction, step, mass) * control.scale
            for axis in range(DIMENSION):
                brought += of_weight(trajectory, tangent, direction, at + axis, speed[axis], d_speed[axis])
            at += DIMENSION
        if wp.static(SENSES > 0):
            for kind in range(SENSES):
                sensed = sense(trajectory, world, step, kind, mass)
                d_sensed = felt(trajectory, tangent, world, direction, kind, mass)
                brought += of_weight(trajectory, tangent, direction, at + kind, sensed, d_sensed)
        return brought

    @wp.func(module=kernel.module)
    def act(trajectory: Trajectory, tangent: Tangent, control: Control, world: int, direction: int, step: int):
        masses = trajectory.mass_start[world + 1] - trajectory.mass_start[world]
        springs = trajectory.spring_start[world + 1] - trajectory.spring_start[world]
        inputs = SINES + FEATURES * masses + 2
        first = trajectory.weight_start[world]
        second = first + HIDDEN * inputs + HIDDEN
        units = HIDDEN * (direction * (trajectory.mass_start.shape[0] - 1) + world)
        centre = centre_of(trajectory, world, step)
        d_centre = tangent_of_centre(trajectory, tangent, world, direction, step)
        for unit in range(HIDDEN):
            row = first + unit * inputs
            summed = of_weight(trajectory, tangent, direction, first + HIDDEN * inputs + unit, real(1.0), real(0.0))
            for number in range(SINES):
                clock = control.clock[step * SINES + number]
                summed += of_weight(trajectory, tangent, direction, row + number, clock, real(0.0))
            for mass in range(masses):
                weight = row + SINES + mass * FEATURES
                summed += of_mass(trajectory, tangent, control, world, direction, step, mass, weight, centre, d_centre)
            for number in range(2):
                weight = row + inputs - 2 + number
                summed += of_weight(trajectory, tangent, direction, weight, real(1.0), real(0.0))
            active = tanh(summed[0])
            control.value[units + unit] = active
            control.tangent[units + unit] = (real(1.0) - active * active) * summed[1]
        for spring in range(springs):
            row = second + spring * HIDDEN
            summed = of_weight(trajectory, tangent, direction, second + springs * HIDDEN + spring, real(1.0), real(0.0))
            for unit in range(HIDDEN):
                active = control.value[units + unit]
                summed += of_weight(trajectory, tangent, direction, row + unit, active, control.tangent[units + unit])
            answered = actuation(trajectory, world, step, spring)
            passed = (real(1.0) - answered * answered) * summed[1]
            put_actuation(trajectory, tangent, world, direction, step, spring, passed)

    return TangentFunctions(Control, prepare, act)


def mlp_control(
    functions: TangentFunctions, sizes: MlpSizes, clock: np.ndarray, scale: float, threads: int, real: Any, device: Any
) -> Any:
    """Return what the network has besides weights.

    Args:
        functions: its tangents.
        sizes: of the network.
        clock: the sines of all steps, shape (steps, sines).
        scale: factor on positions and velocities.
        threads: worlds times directions, each with hidden units of its own.
        real: type of the numbers.
        device: where they are.
    """
    control = functions.Control()
    control.clock = wp.array(clock.ravel(), dtype=real, device=device)
    control.scale = scale
    control.value, control.tangent = (wp.zeros(threads * sizes.hidden, dtype=real, device=device) for _ in range(2))
    return control
