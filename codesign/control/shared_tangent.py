"""Forward mode at the network that all muscles share: both layers by their formulas, at every muscle."""

from typing import Any

import numpy as np
import warp as wp

from codesign.control.shared_sizes import SharedSizes
from codesign.sim.kernels import SHORTEST, TangentFunctions, TangentTypes, build_tanh


def build_shared_tangent(types: TangentTypes, sizes: SharedSizes) -> TangentFunctions:
    """Return the network's tangents; `sizes` are those for rows of one number."""
    kernel, Trajectory, Tangent = types.kernel, types.Trajectory, types.Tangent
    real, vector, reals, DIMENSION = kernel.real, kernel.vector, wp.array(dtype=kernel.real), kernel.dimension
    HIDDEN, SINES, SENSES, INPUTS, LIGHTS = sizes.hidden, sizes.sines, sizes.senses, sizes.inputs, sizes.lights
    POSITION, VELOCITY = sizes.offsets.get("position", 0), sizes.offsets.get("velocity", 0)
    MEANS, Inputs, larger, tanh = sizes.means, wp.types.vector(sizes.inputs, real), kernel.larger, build_tanh(kernel)
    position, velocity, sense, actuation = types.position, types.velocity, types.sense, types.actuation
    moved, sped, felt, put_actuation = types.moved, types.sped, types.felt, types.put_actuation
    centre_of, tangent_of_centre = types.centre, types.d_centre
    Control = kernel.record("SharedControl", {"clock": reals, "position_scale": real, "velocity_scale": real})

    @wp.func(module=kernel.module)
    def prepare(trajectory: Trajectory, tangent: Tangent, control: Control, world: int, direction: int):
        pass

    @wp.func(module=kernel.module)
    def length_of(along: vector) -> real:
        return wp.sqrt(real(SHORTEST * SHORTEST) + wp.dot(along, along))

    @wp.func(module=kernel.module)
    def inputs_of(
        trajectory: Trajectory,
        control: Control,
        world: int,
        step: int,
        first: int,
        second: int,
        rest: real,
        centre: vector,
    ) -> Inputs:
        """Return what a spring senses."""
        found = Inputs()
        here = position(trajectory, world, step, first)
        there = position(trajectory, world, step, second)
        along = here - there
        length = length_of(along)
        found[0] = length / larger(rest, real(SHORTEST)) - real(1.0)
        if wp.static(POSITION > 0):
            for axis in range(DIMENSION):
                found[POSITION + axis] = (
                    (here[axis] + there[axis]) * real(0.5) - centre[axis]
                ) * control.position_scale
                found[POSITION + DIMENSION + axis] = along[axis] / length
        if wp.static(VELOCITY > 0):
            speed = velocity(trajectory, world, step, first) + velocity(trajectory, world, step, second)
            for axis in range(DIMENSION):
                found[VELOCITY + axis] = speed[axis] * real(0.5) * control.velocity_scale
        if wp.static(SENSES > 0):
            for kind in range(SENSES):
                own = sense(trajectory, world, step, kind, first)
                other = sense(trajectory, world, step, kind, second)
                at = MEANS + kind + LIGHTS * wp.min(kind, 1)
                found[at] = (own + other) * real(0.5)
                if kind < LIGHTS:
                    found[at + 1] = own - other
        return found

    @wp.func(module=kernel.module)
    def tangents_of(
        trajectory: Trajectory,
        tangent: Tangent,
        control: Control,
        world: int,
        direction: int,
        step: int,
        first: int,
        second: int,
        rest: real,
        d_rest: real,
        d_centre: vector,
    ) -> Inputs:
        """Return the tangents of what a spring senses."""
        found = Inputs()
        along = position(trajectory, world, step, first) - position(trajectory, world, step, second)
        d_here = moved(trajectory, tangent, world, direction, step, first)
        d_there = moved(trajectory, tangent, world, direction, step, second)
        d_along = d_here - d_there
        length = length_of(along)
        d_length = wp.dot(along, d_along) / length
        usual = larger(rest, real(SHORTEST))
        found[0] = d_length / usual - length / (usual * usual) * d_rest
        if wp.static(POSITION > 0):
            for axis in range(DIMENSION):
                middle = (d_here[axis] + d_there[axis]) * real(0.5) - d_centre[axis]
                found[POSITION + axis] = middle * control.position_scale
                turned = d_along[axis] / length - along[axis] * d_length / (length * length)
                found[POSITION + DIMENSION + axis] = turned
        if wp.static(VELOCITY > 0):
            speed = sped(trajectory, tangent, world, direction, step, first)
            speed += sped(trajectory, tangent, world, direction, step, second)
            for axis in range(DIMENSION):
                found[VELOCITY + axis] = speed[axis] * real(0.5) * control.velocity_scale
        if wp.static(SENSES > 0):
            for kind in range(SENSES):
                own = felt(trajectory, tangent, world, direction, kind, first)
                other = felt(trajectory, tangent, world, direction, kind, second)
                at = MEANS + kind + LIGHTS * wp.min(kind, 1)
                found[at] = (own + other) * real(0.5)
                if kind < LIGHTS:
                    found[at + 1] = own - other
        return found

    @wp.func(module=kernel.module)
    def driven(
        trajectory: Trajectory,
        tangent: Tangent,
        control: Control,
        world: int,
        direction: int,
        step: int,
        inputs: Inputs,
        d_inputs: Inputs,
    ) -> real:
        """Return the tangent of what drives a spring, before the last tanh."""
        first = trajectory.weight_start[world]
        bias = first + HIDDEN * (SINES + INPUTS)
        second = bias + HIDDEN
        moving = direction * tangent.weights_of_all
        passed = tangent.weights[moving + second + HIDDEN]
        for unit in range(HIDDEN):
            row = first + unit * (SINES + INPUTS)
            value = trajectory.weights[bias + unit]
            d_value = tangent.weights[moving + bias + unit]
            for number in range(SINES):
                clock = control.clock[step * SINES + number]
                value += trajectory.weights[row + number] * clock
                d_value += tangent.weights[moving + row + number] * clock
            for number in range(INPUTS):
                own = trajectory.weights[row + SINES + number]
                value += own * inputs[number]
                d_value += tangent.weights[moving + row + SINES + number] * inputs[number] + own * d_inputs[number]
            active = tanh(value)
            passed += tangent.weights[moving + second + unit] * active
            passed += trajectory.weights[second + unit] * (real(1.0) - active * active) * d_value
        return passed

    @wp.func(module=kernel.module)
    def act(trajectory: Trajectory, tangent: Tangent, control: Control, world: int, direction: int, step: int):
        own = trajectory.spring_start[world]
        centre = centre_of(trajectory, world, step)
        d_centre = tangent_of_centre(trajectory, tangent, world, direction, step)
        for number in range(trajectory.spring_start[world + 1] - own):
            first = trajectory.first[own + number]
            second = trajectory.second[own + number]
            rest = trajectory.rest[own + number]
            d_rest = tangent.rest[direction * tangent.springs + own + number]
            inputs = inputs_of(trajectory, control, world, step, first, second, rest, centre)
            d_inputs = tangents_of(
                trajectory, tangent, control, world, direction, step, first, second, rest, d_rest, d_centre
            )
            answered = actuation(trajectory, world, step, number)
            passed = driven(trajectory, tangent, control, world, direction, step, inputs, d_inputs)
            passed = (real(1.0) - answered * answered) * passed
            put_actuation(trajectory, tangent, world, direction, step, number, passed)

    return TangentFunctions(Control, prepare, act)


def shared_control(
    functions: TangentFunctions, clock: np.ndarray, scales: tuple[float, float], real: Any, device: Any
) -> Any:
    """Return what the network has besides weights: the sines of all steps, (steps, sines), and both scales."""
    control = functions.Control()
    control.clock = wp.array(clock.ravel(), dtype=real, device=device)
    control.position_scale, control.velocity_scale = scales
    return control
