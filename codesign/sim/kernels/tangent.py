"""Forward mode: the derivative of an episode along a direction, carried from step to step beside the motion.

The physics are the same functions of values that the simulator runs and differentiates backwards. Each has few outputs
(an axis at a spring, two at a mass for every axis), so its Jacobian times a tangent comes from the gradient of the
function dotted with each unit cotangent. A thread has a world and a direction and goes through the steps one by one; it
reads the motion from the tape of an episode whose segment is the whole episode, so that tangents and gradients are
derivatives at one and the same motion. Clarity comes before speed.

Griewank & Walther (2008), Evaluating Derivatives, section 3.1, is the reference of forward mode.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import TerrainFunctions
from codesign.sim.kernels.objective import Objective
from codesign.sim.kernels.physics import PhysicsFunctions
from codesign.sim.kernels.senses import SenseFunctions
from codesign.sim.kernels.tangent_observation import build_task_tangent
from codesign.sim.kernels.tangent_types import TangentFunctions, TangentTypes
from codesign.sim.kernels.windows import build_awake
from codesign.sim.kernels.world_parameters import WorldParameterFunctions


@dataclass(frozen=True)
class TangentKernels:
    """The kernels of forward mode, of one thread for each world and direction.

    Attributes:
        advance: takes tangents through the steps of a window.
        finish: writes the tangents of the loss and of the task's numbers after the last step of an episode.
        Control: struct type of what the controller has besides weights.
    """

    advance: Any
    finish: Any
    Control: Any


def build_tangent(
    types: TangentTypes,
    physics: PhysicsFunctions,
    terrain: TerrainFunctions,
    controller: TangentFunctions | None,
    objective: Objective,
    senses: SenseFunctions,
    world_parameters: WorldParameterFunctions,
    *,
    noisy: bool,
) -> TangentKernels:
    """Return the kernels of one configuration.

    Args:
        types: the types and module.
        physics: what happens at a spring and at a mass.
        terrain: the ground.
        controller: what actuates the springs; None for actuation that does not depend on anything.
        objective: what the task keeps of an episode, and its loss.
        senses: what masses sense for the controller.
        world_parameters: what differs between worlds.
        noisy: whether motors have noise.
    """
    kernel, Trajectory, Tangent = types.kernel, types.Trajectory, types.Tangent
    Constants, WorldParameters, Parameters = kernel.Constants, kernel.WorldParameters, objective.Parameters
    real, reals, module = kernel.real, wp.array(dtype=kernel.real), kernel.module
    apply, ground_from, values_of = world_parameters.apply, world_parameters.ground_from, world_parameters.values_of
    controller = controller or _no_controller(types)
    Control, prepare, act = controller.Control, controller.prepare, controller.act
    feel = _build_feel(types, terrain, senses)
    followed, follow = _build_follow(types)
    push_springs = _build_springs(types, physics, world_parameters, followed, follow, noisy=noisy)
    move_masses = _build_masses(types, physics, terrain)
    task = build_task_tangent(types, terrain, objective, followed, follow)
    renew_task, finish_task = task.renew, task.finish
    SENSES, MATERIALS, vector = senses.count, kernel.material_properties, kernel.vector

    @wp.func(module=module)
    def add_actuation(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int):
        """Add what the direction itself does to the answers of a step."""
        first = trajectory.spring_start[world]
        for spring in range(first, trajectory.spring_start[world + 1]):
            row = direction * tangent.window + step - tangent.first_step
            to = (direction * tangent.ring + step % tangent.ring) * tangent.springs + spring
            tangent.actuation[to] = tangent.actuation[to] + tangent.added[row * tangent.springs + spring]

    @wp.func(module=module)
    def pushed_in(constants: Constants, push: vector, step: int) -> vector:
        """Return the push of a step, where it is a velocity; where masses are equal, it is in the impulses."""
        if step == constants.push_step:
            return push
        return vector()

    @wp.kernel(module=module, enable_backward=False)
    def advance(
        shared_constants: Constants,
        world_parameters: WorldParameters,
        trajectory: Trajectory,
        tangent: Tangent,
        control: Control,
        grounds: reals,
        all_parameters: wp.array(dtype=Parameters),
        steps: int,
        adding: int,
    ):
        world, direction = wp.tid()
        constants = apply(shared_constants, world_parameters, world)
        ground = ground_from(grounds, world_parameters, world)
        parameters = values_of(all_parameters, world_parameters, world)
        first = tangent.first_step
        pushes = constants.push
        prepare(trajectory, tangent, control, world, direction)
        for step in range(first, first + steps):
            constants.time = real(step) * constants.dt
            if wp.static(MATERIALS):
                constants.push = pushed_in(constants, pushes, step)
            if wp.static(SENSES > 0):
                feel(constants, trajectory, tangent, ground, world, direction, step)
            act(trajectory, tangent, control, world, direction, step)
            if adding != 0:
                add_actuation(trajectory, tangent, world, direction, step)
            _state = renew_task(constants, trajectory, tangent, ground, parameters, world, direction, step)
            push_springs(constants, trajectory, tangent, world, direction, step)
            move_masses(constants, trajectory, tangent, ground, world, direction, step)

    @wp.kernel(module=module, enable_backward=False)
    def finish(
        shared_constants: Constants,
        world_parameters: WorldParameters,
        trajectory: Trajectory,
        tangent: Tangent,
        grounds: reals,
        all_parameters: wp.array(dtype=Parameters),
    ):
        world, direction = wp.tid()
        constants = apply(shared_constants, world_parameters, world)
        ground = ground_from(grounds, world_parameters, world)
        parameters = values_of(all_parameters, world_parameters, world)
        finish_task(constants, trajectory, tangent, ground, parameters, world, direction)

    _keep_adjoints(types, physics, terrain, senses)
    return TangentKernels(advance, finish, Control)


def _no_controller(types: TangentTypes) -> TangentFunctions:
    """Return what answers nothing but zero tangents."""
    Trajectory, Tangent, module = types.Trajectory, types.Tangent, types.kernel.module
    real, put_actuation = types.kernel.real, types.put_actuation
    Control = types.kernel.record("NoController", {"none": wp.int32})

    @wp.func(module=module)
    def prepare_nothing(trajectory: Trajectory, tangent: Tangent, control: Control, world: int, direction: int):
        pass

    @wp.func(module=module)
    def act_not(trajectory: Trajectory, tangent: Tangent, control: Control, world: int, direction: int, step: int):
        for spring in range(trajectory.spring_start[world + 1] - trajectory.spring_start[world]):
            put_actuation(trajectory, tangent, world, direction, step, spring, real(0.0))

    return TangentFunctions(Control, prepare_nothing, act_not)


def _build_feel(types: TangentTypes, terrain: TerrainFunctions, senses: SenseFunctions) -> Any:
    """Return the function that writes the tangents of what all masses sense."""
    kernel, Trajectory, Tangent = types.kernel, types.Trajectory, types.Tangent
    reals, locate, Constants = wp.array(dtype=kernel.real), terrain.locate, kernel.Constants
    position, velocity, moved, sped = types.position, types.velocity, types.moved, types.sped
    SENSES, Cotangent, product, real = senses.count, senses.Sensed, senses.product, kernel.real

    @wp.func(module=kernel.module)
    def feel(
        constants: Constants,
        trajectory: Trajectory,
        tangent: Tangent,
        ground: reals,
        world: int,
        direction: int,
        step: int,
    ):
        first = trajectory.mass_start[world]
        for mass in range(trajectory.mass_start[world + 1] - first):
            place = position(trajectory, world, step, mass)
            speed = velocity(trajectory, world, step, mass)
            patch = locate(ground, place)
            d_place = moved(trajectory, tangent, world, direction, step, mass)
            d_speed = sped(trajectory, tangent, world, direction, step, mass)
            for kind in range(SENSES):
                cotangent = Cotangent()
                cotangent[kind] = real(1.0)
                _constants, _patch, to_place, to_speed, _cotangent = wp.grad(product)(
                    constants, patch, place, speed, cotangent
                )
                to = SENSES * (direction * tangent.masses + first + mass) + kind
                tangent.sense[to] = wp.dot(to_place, d_place) + wp.dot(to_speed, d_speed)

    return feel


def _build_follow(types: TangentTypes) -> tuple[Any, Any]:
    """Return what a muscle follows, and its tangent: answers of some steps before where motors have a latency."""
    kernel, Trajectory, Tangent, DELAYED = types.kernel, types.Trajectory, types.Tangent, types.kernel.delayed
    real, Constants, actuation = kernel.real, kernel.Constants, types.actuation

    @wp.func(module=kernel.module)
    def latency_of(constants: Constants) -> int:
        latency = int(0)
        if wp.static(DELAYED):
            latency = constants.latency
        return latency

    @wp.func(module=kernel.module)
    def followed(constants: Constants, trajectory: Trajectory, world: int, step: int, spring: int) -> real:
        answered = step - latency_of(constants)
        if answered < 0:
            return real(0.0)
        return actuation(trajectory, world, answered, spring)

    @wp.func(module=kernel.module)
    def follow(
        constants: Constants,
        trajectory: Trajectory,
        tangent: Tangent,
        world: int,
        direction: int,
        step: int,
        spring: int,
    ) -> real:
        answered = step - latency_of(constants)
        if answered < 0:
            return real(0.0)
        slot = direction * tangent.ring + answered % tangent.ring
        return tangent.actuation[slot * tangent.springs + trajectory.spring_start[world] + spring]

    return followed, follow


def _build_springs(
    types: TangentTypes,
    physics: PhysicsFunctions,
    world_parameters: WorldParameterFunctions,
    followed: Any,
    follow: Any,
    *,
    noisy: bool,
) -> Any:
    """Return the function that writes the tangents of what all springs do to their second ends."""
    kernel, Trajectory, Tangent, Constants = types.kernel, types.Trajectory, types.Tangent, types.kernel.Constants
    real, vector, DIMENSION = kernel.real, kernel.vector, kernel.dimension
    position, velocity, moved, sped = types.position, types.velocity, types.moved, types.sped
    product, noise_of, MATERIALS = physics.spring_product, world_parameters.noise_of, kernel.material_properties
    SETTLING = kernel.settling
    awake: Any = build_awake(kernel) if SETTLING else None

    @wp.func(module=kernel.module)
    def commanded(constants: Constants, trajectory: Trajectory, world: int, step: int, spring: int) -> real:
        asked = followed(constants, trajectory, world, step, spring)
        if wp.static(noisy):
            noise = noise_of(constants, step, spring)
            asked = asked + noise[0]
        if wp.static(SETTLING):
            asked = awake(constants, step) * asked
        return asked

    @wp.func(module=kernel.module)
    def push_springs(
        constants: Constants, trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int
    ):
        start = trajectory.spring_start[world]
        for own in range(trajectory.spring_start[world + 1] - start):
            spring = start + own
            first = trajectory.first[spring]
            second = trajectory.second[spring]
            along = position(trajectory, world, step, first) - position(trajectory, world, step, second)
            drift = velocity(trajectory, world, step, first) - velocity(trajectory, world, step, second)
            d_along = moved(trajectory, tangent, world, direction, step, first) - moved(
                trajectory, tangent, world, direction, step, second
            )
            d_drift = sped(trajectory, tangent, world, direction, step, first) - sped(
                trajectory, tangent, world, direction, step, second
            )
            asked = commanded(constants, trajectory, world, step, own)
            swing = trajectory.swing[spring]
            at = direction * tangent.springs + spring
            d_strain = tangent.swing[at] * asked
            if wp.static(SETTLING):
                followed_now = follow(constants, trajectory, tangent, world, direction, step, own)
                d_strain = d_strain + awake(constants, step) * swing * followed_now
            else:
                d_strain = d_strain + swing * follow(constants, trajectory, tangent, world, direction, step, own)
            for axis in range(DIMENSION):
                cotangent = vector()
                cotangent[axis] = real(1.0)
                pushed = real(0.0)
                if wp.static(MATERIALS):
                    damping = trajectory.damping[spring]
                    limit = trajectory.force_limit[spring]
                    strain = swing * asked
                    _of_constants, at_ends, at_drift, at_rest, at_stiffness, at_strain, at_damping, at_limit, _of = (
                        wp.grad(product)(
                            constants,
                            along,
                            drift,
                            trajectory.rest[spring],
                            trajectory.stiffness[spring],
                            strain,
                            damping,
                            limit,
                            cotangent,
                        )
                    )
                    pushed = wp.dot(at_ends, d_along) + wp.dot(at_drift, d_drift) + at_strain * d_strain
                    pushed = pushed + at_rest * tangent.rest[at] + at_stiffness * tangent.stiffness[at]
                    pushed = pushed + at_damping * tangent.damping[at] + at_limit * tangent.force_limit[at]
                else:
                    _constants, to_along, to_drift, to_rest, to_stiffness, to_strain, _cotangent = wp.grad(product)(
                        constants,
                        along,
                        drift,
                        trajectory.rest[spring],
                        trajectory.stiffness[spring],
                        swing * asked,
                        cotangent,
                    )
                    pushed = wp.dot(to_along, d_along) + wp.dot(to_drift, d_drift) + to_strain * d_strain
                    pushed = pushed + to_rest * tangent.rest[at] + to_stiffness * tangent.stiffness[at]
                tangent.force[DIMENSION * at + axis] = pushed

    return push_springs


def _build_masses(types: TangentTypes, physics: PhysicsFunctions, terrain: TerrainFunctions) -> Any:
    """Return the function that takes the tangents of all masses through a step."""
    kernel, Trajectory, Tangent, Constants = types.kernel, types.Trajectory, types.Tangent, types.kernel.Constants
    real, vector, state, DIMENSION = kernel.real, kernel.vector, kernel.state, kernel.dimension
    position, velocity, moved, sped = types.position, types.velocity, types.moved, types.sped
    product, locate, reals, tangent_at = physics.advance_product, terrain.locate, wp.array(dtype=real), types.tangent_at
    MATERIALS = kernel.material_properties

    @wp.func(module=kernel.module)
    def impulse_on(trajectory: Trajectory, world: int, step: int, mass: int) -> vector:
        start = trajectory.padded_mass_start[world]
        padded = trajectory.padded_mass_start[world + 1] - start
        found = vector()
        for axis in range(DIMENSION):
            found[axis] = trajectory.impulse[DIMENSION * (start * trajectory.steps + step * padded + mass) + axis]
        return found

    @wp.func(module=kernel.module)
    def gathered(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, mass: int) -> vector:
        """Return the tangent of what all springs do to a mass; ends are numbered 2 s and 2 s + 1 for spring s."""
        found = vector()
        own = trajectory.mass_start[world] + mass
        for place in range(trajectory.incidence_start[own], trajectory.incidence_start[own + 1]):
            end = trajectory.incidence[place]
            sign = real(2 * (end % 2) - 1)
            at = DIMENSION * (direction * tangent.springs + end // 2)
            for axis in range(DIMENSION):
                found[axis] = found[axis] + sign * tangent.force[at + axis]
        return found

    @wp.func(module=kernel.module)
    def move_masses(
        constants: Constants,
        trajectory: Trajectory,
        tangent: Tangent,
        ground: reals,
        world: int,
        direction: int,
        step: int,
    ):
        if wp.static(MATERIALS):
            per_mass = constants.per_mass
        for mass in range(trajectory.mass_start[world + 1] - trajectory.mass_start[world]):
            place = position(trajectory, world, step, mass)
            speed = velocity(trajectory, world, step, mass)
            impulse = impulse_on(trajectory, world, step, mass)
            patch = locate(ground, place)
            d_place = moved(trajectory, tangent, world, direction, step, mass)
            d_speed = sped(trajectory, tangent, world, direction, step, mass)
            d_impulse = gathered(trajectory, tangent, world, direction, mass)
            to = tangent_at(trajectory, tangent, world, direction, step + 1, mass)
            if wp.static(MATERIALS):
                own = trajectory.mass_start[world] + mass
                constants.per_mass = per_mass / trajectory.mass[own]
                grown = tangent.mass[direction * tangent.masses + own] / trajectory.mass[own]
            for axis in range(2 * DIMENSION):
                cotangent = state()
                cotangent[axis] = real(1.0)
                to_constants, _patch, to_place, to_speed, to_impulse, _cotangent = wp.grad(product)(
                    constants, patch, place, speed, impulse, cotangent
                )
                value = wp.dot(to_place, d_place) + wp.dot(to_speed, d_speed) + wp.dot(to_impulse, d_impulse)
                if wp.static(MATERIALS):
                    value = value - to_constants.per_mass * constants.per_mass * grown
                if axis < DIMENSION:
                    tangent.position[to + axis] = value
                else:
                    tangent.velocity[to + axis - DIMENSION] = value

    return move_masses


def _keep_adjoints(
    types: TangentTypes, physics: PhysicsFunctions, terrain: TerrainFunctions, senses: SenseFunctions
) -> None:
    """Register a differentiated kernel that calls what is differentiated, without which Warp lacks adjoints."""
    kernel, Constants, Patch, Sensed = types.kernel, types.kernel.Constants, terrain.Patch, senses.Sensed
    real, vector, scalar, state = kernel.real, kernel.vector, kernel.scalar, kernel.state
    spring_product, advance_product, sense_product = physics.spring_product, physics.advance_product, senses.product
    MATERIALS = kernel.material_properties

    @wp.kernel(module=kernel.module, enable_backward=True)
    def keep_adjoints_of_tangents(
        constants: Constants,
        patch: Patch,
        vectors: wp.array(dtype=vector),
        states: wp.array(dtype=state),
        sensed: wp.array(dtype=Sensed),
        results: wp.array(dtype=scalar),
    ):
        along = vectors[0]
        one = real(0.0)
        if wp.static(MATERIALS):
            results[0] = spring_product(constants, along, along, one, one, one, one, real(1.0), along)
        else:
            results[0] = spring_product(constants, along, along, one, one, one, along)
        results[1] = advance_product(constants, patch, along, along, along, states[0])
        results[2] = sense_product(constants, patch, along, along, sensed[0])
