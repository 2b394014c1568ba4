"""Forward mode at a task: the tangents of what it observes, of what it keeps of an episode, and of its loss."""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import TerrainFunctions
from codesign.sim.kernels.objective import Objective
from codesign.sim.kernels.senses import contact
from codesign.sim.kernels.tangent_types import TangentTypes
from codesign.sim.kernels.types import NEGLIGIBLE


@dataclass(frozen=True)
class TaskTangent:
    """What a thread of forward mode calls for the task of its world.

    Attributes:
        renew: (constants, trajectory, tangent, ground, parameters, world, direction, step): takes the tangent of what
            the task keeps through the update of a step, and returns what it keeps after it.
        finish: (constants, trajectory, tangent, ground, parameters, world, direction): the same after the last step;
            also writes the tangent of the loss.
    """

    renew: Any
    finish: Any


def build_task_tangent(
    types: TangentTypes, terrain: TerrainFunctions, objective: Objective, followed: Any, follow: Any
) -> TaskTangent:
    """Return the functions; `followed` and `follow` give what a muscle follows and its tangent."""
    kernel, Trajectory, Tangent, Constants = types.kernel, types.Trajectory, types.Tangent, types.kernel.Constants
    real, scalar, State, STATES = (
        kernel.real,
        kernel.scalar,
        kernel.task_state,
        kernel.state_size,
    )
    Parameters, Observation, reals = objective.Parameters, objective.Observation, wp.array(dtype=kernel.real)
    update, update_product, loss = objective.update, objective.update_product, objective.loss
    CENTRE, VELOCITY, EFFORT = (objective.uses(name) for name in ("centre", "velocity", "effort"))
    LOWEST, HIGHEST, HEADING = (objective.uses(name) for name in ("lowest", "highest", "heading"))
    TOUCHING, OWN, CONTRIBUTIONS = objective.uses("contact_share"), kernel.contributions > 0, kernel.contributions
    centre, d_centre = types.centre, types.d_centre
    mean_velocity, d_mean_velocity = types.mean_velocity, types.d_mean_velocity
    extreme = _build_extreme(types)
    heading: Any = _build_heading(types) if HEADING else None
    touching: Any = _build_touching(types, terrain) if TOUCHING else None
    contributed: Any = _build_contributed(types, terrain, objective) if OWN else None
    Pair, SETTLING = wp.types.vector(2, real), kernel.settling

    @wp.func(module=kernel.module)
    def effort_of(
        constants: Constants, trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int
    ) -> Pair:
        start = trajectory.spring_start[world]
        count = trajectory.spring_start[world + 1] - start
        effort = real(0.0)
        d_effort = real(0.0)
        for spring in range(count):
            muscle = trajectory.muscle[start + spring]
            actuated = followed(constants, trajectory, world, step, spring) * muscle
            passed = follow(constants, trajectory, tangent, world, direction, step, spring) * muscle
            effort += actuated * actuated
            d_effort += real(2.0) * actuated * passed
        return Pair(effort / real(count), d_effort / real(count))

    @wp.func(module=kernel.module)
    def contracted(to_seen: Observation, d_seen: Observation) -> real:
        """Return the derivative in an observation times its tangent."""
        value = real(0.0)
        if wp.static(CENTRE):
            value += wp.dot(to_seen.centre, d_seen.centre)
        if wp.static(VELOCITY):
            value += wp.dot(to_seen.velocity, d_seen.velocity)
        if wp.static(EFFORT):
            value += to_seen.effort * d_seen.effort
        if wp.static(LOWEST):
            value += to_seen.lowest * d_seen.lowest
        if wp.static(HIGHEST):
            value += to_seen.highest * d_seen.highest
        if wp.static(TOUCHING):
            value += to_seen.contact_share * d_seen.contact_share
        if wp.static(OWN):
            value += wp.dot(to_seen.means, d_seen.means)
        if wp.static(HEADING):
            value += to_seen.heading * d_seen.heading
        return value

    @wp.func(module=kernel.module)
    def renewed(  # noqa: PLR0912 - one for each thing that a task may see
        constants: Constants,
        trajectory: Trajectory,
        tangent: Tangent,
        ground: reals,
        parameters: Parameters,
        world: int,
        direction: int,
        step: int,
    ) -> State:
        """Take the tangent of the task's numbers through an update, and return the numbers themselves after it."""
        masses = trajectory.mass_start[world + 1] - trajectory.mass_start[world]
        seen = Observation()
        d_seen = Observation()
        seen.step = step
        seen.steps = constants.steps
        seen.time = real(step) * constants.dt
        if wp.static(SETTLING):
            seen.step = seen.step - constants.settle
            seen.steps = seen.steps - constants.settle
            seen.time = real(seen.step) * constants.dt
        if wp.static(CENTRE):
            seen.centre = centre(trajectory, world, step)
            d_seen.centre = d_centre(trajectory, tangent, world, direction, step)
        if wp.static(VELOCITY):
            seen.velocity = mean_velocity(trajectory, world, step)
            d_seen.velocity = d_mean_velocity(trajectory, tangent, world, direction, step)
        if wp.static(EFFORT):  # noqa: SIM102 - the other condition is known at run time alone
            if step < constants.steps:
                effort = effort_of(constants, trajectory, tangent, world, direction, step)
                seen.effort = effort[0]
                d_seen.effort = effort[1]
        if wp.static(LOWEST):
            lowest = extreme(trajectory, tangent, world, direction, step, real(-1.0))
            seen.lowest = lowest[0]
            d_seen.lowest = lowest[1]
        if wp.static(HIGHEST):
            highest = extreme(trajectory, tangent, world, direction, step, real(1.0))
            seen.highest = highest[0]
            d_seen.highest = highest[1]
        if wp.static(TOUCHING):
            share = touching(constants, trajectory, tangent, ground, world, direction, step)
            seen.contact_share = share[0]
            d_seen.contact_share = share[1]
        if wp.static(OWN):
            for mass in range(masses):
                given = contributed(trajectory, tangent, ground, parameters, world, direction, step, mass)
                for kind in range(CONTRIBUTIONS):
                    seen.means[kind] = seen.means[kind] + given[kind] / real(masses)
                    passed = given[CONTRIBUTIONS + kind]
                    d_seen.means[kind] = d_seen.means[kind] + passed / real(masses)
        if wp.static(HEADING):
            turned = heading(trajectory, tangent, world, direction, step)
            seen.heading = turned[0]
            d_seen.heading = turned[1]
        state = trajectory.task_state[world * (trajectory.steps + 1) + step]
        worlds = trajectory.mass_start.shape[0] - 1
        d_state = tangent.task_state[direction * worlds + world]
        after = State()
        for number in range(STATES):
            cotangent = State()
            cotangent[number] = real(1.0)
            to_state, to_seen, _parameters, _cotangent = wp.grad(update_product)(state, seen, parameters, cotangent)
            after[number] = wp.dot(to_state, d_state) + contracted(to_seen, d_seen)
        tangent.task_state[direction * worlds + world] = after
        return update(state, seen, parameters)

    @wp.func(module=kernel.module)
    def finish(
        constants: Constants,
        trajectory: Trajectory,
        tangent: Tangent,
        ground: reals,
        parameters: Parameters,
        world: int,
        direction: int,
    ):
        steps = constants.steps
        state = renewed(constants, trajectory, tangent, ground, parameters, world, direction, steps)
        worlds = trajectory.mass_start.shape[0] - 1
        tangent.kept[world] = state
        to_state, _parameters = wp.grad(loss)(state, parameters)
        at = direction * worlds + world
        tangent.loss[at] = wp.dot(to_state, tangent.task_state[at])

    @wp.kernel(module=kernel.module, enable_backward=True)
    def keep_adjoints_of_task(
        all_parameters: wp.array(dtype=Parameters),
        observations: wp.array(dtype=Observation),
        states: wp.array(dtype=State),
        results: wp.array(dtype=scalar),
    ):
        results[0] = update_product(states[0], observations[0], all_parameters[0], states[1])
        results[1] = loss(states[0], all_parameters[0])

    return TaskTangent(renewed, finish)


def _build_extreme(types: TangentTypes) -> Any:
    """Return the height of the highest mass, or of the lowest for a sign of -1, and its tangent.

    Masses of one height share it equally, as in reverse mode.
    """
    kernel, Trajectory, Tangent = types.kernel, types.Trajectory, types.Tangent
    real, UP, position, moved = kernel.real, kernel.dimension - 1, types.position, types.moved
    Pair = wp.types.vector(2, real)

    @wp.func(module=kernel.module)
    def extreme(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int, sign: real) -> Pair:
        masses = trajectory.mass_start[world + 1] - trajectory.mass_start[world]
        first = position(trajectory, world, step, 0)
        found = first[UP]
        for mass in range(1, masses):
            place = position(trajectory, world, step, mass)
            if sign * place[UP] > sign * found:
                found = place[UP]
        sharing = real(0.0)
        passed = real(0.0)
        for mass in range(masses):
            place = position(trajectory, world, step, mass)
            if place[UP] == found:
                d_place = moved(trajectory, tangent, world, direction, step, mass)
                sharing += real(1.0)
                passed += d_place[UP]
        return Pair(found, passed / sharing)

    return extreme


def _build_touching(types: TangentTypes, terrain: TerrainFunctions) -> Any:
    """Return the mean of how much masses touch the ground, and its tangent."""
    kernel, Trajectory, Tangent, Constants = types.kernel, types.Trajectory, types.Tangent, types.kernel.Constants
    real, vector, scalar, locate, Patch = kernel.real, kernel.vector, kernel.scalar, terrain.locate, terrain.Patch
    position, velocity, moved = types.position, types.velocity, types.moved
    Pair, reals, pressure = wp.types.vector(2, real), wp.array(dtype=real), contact(kernel, terrain)

    @wp.func(module=kernel.module)
    def touching_of_mass(constants: Constants, patch: Patch, place: vector, speed: vector) -> scalar:
        return scalar(pressure(constants, patch, place, speed))

    @wp.func(module=kernel.module)
    def touching(
        constants: Constants,
        trajectory: Trajectory,
        tangent: Tangent,
        ground: reals,
        world: int,
        direction: int,
        step: int,
    ) -> Pair:
        masses = trajectory.mass_start[world + 1] - trajectory.mass_start[world]
        found = real(0.0)
        passed = real(0.0)
        for mass in range(masses):
            place = position(trajectory, world, step, mass)
            speed = velocity(trajectory, world, step, mass)
            patch = locate(ground, place)
            touched = touching_of_mass(constants, patch, place, speed)
            _constants, _patch, to_place, _speed = wp.grad(touching_of_mass)(constants, patch, place, speed)
            found += touched[0]
            passed += wp.dot(to_place, moved(trajectory, tangent, world, direction, step, mass))
        return Pair(found / real(masses), passed / real(masses))

    @wp.kernel(module=kernel.module, enable_backward=True)
    def keep_adjoints_of_touching(
        constants: Constants, patch: Patch, vectors: wp.array(dtype=vector), results: wp.array(dtype=scalar)
    ):
        results[0] = touching_of_mass(constants, patch, vectors[0], vectors[0])

    return touching


def _build_contributed(types: TangentTypes, terrain: TerrainFunctions, objective: Objective) -> Any:
    """Return what the task has of a mass: its numbers, then their tangents."""
    kernel, Trajectory, Tangent = types.kernel, types.Trajectory, types.Tangent
    real, vector, scalar, COUNT, UP = (
        kernel.real,
        kernel.vector,
        kernel.scalar,
        kernel.contributions,
        kernel.dimension - 1,
    )
    Parameters, Mass, contribution = objective.Parameters, objective.Mass, objective.contribution
    height, locate, Patch, CLEARANCE = terrain.height, terrain.locate, terrain.Patch, objective.uses("clearance")
    position, velocity, moved, sped = types.position, types.velocity, types.moved, types.sped
    Numbers, Both, reals = kernel.contribution, wp.types.vector(2 * COUNT, real), wp.array(dtype=real)

    if CLEARANCE:

        @wp.func(module=kernel.module)
        def contribute(parameters: Parameters, patch: Patch, place: vector, speed: vector) -> Numbers:
            mass = Mass()
            mass.position = place
            mass.velocity = speed
            mass.clearance = place[UP] - height(patch, place)
            return contribution(mass, parameters)

    else:

        @wp.func(module=kernel.module)
        def contribute(parameters: Parameters, patch: Patch, place: vector, speed: vector) -> Numbers:
            mass = Mass()
            mass.position = place
            mass.velocity = speed
            return contribution(mass, parameters)

    @wp.func(module=kernel.module)
    def contribution_product(
        parameters: Parameters, patch: Patch, place: vector, speed: vector, cotangent: Numbers
    ) -> scalar:
        return scalar(wp.dot(contribute(parameters, patch, place, speed), cotangent))

    @wp.func(module=kernel.module)
    def contributed(
        trajectory: Trajectory,
        tangent: Tangent,
        ground: reals,
        parameters: Parameters,
        world: int,
        direction: int,
        step: int,
        mass: int,
    ) -> Both:
        place = position(trajectory, world, step, mass)
        speed = velocity(trajectory, world, step, mass)
        patch = locate(ground, place)
        d_place = moved(trajectory, tangent, world, direction, step, mass)
        d_speed = sped(trajectory, tangent, world, direction, step, mass)
        values = contribute(parameters, patch, place, speed)
        found = Both()
        for kind in range(COUNT):
            cotangent = Numbers()
            cotangent[kind] = real(1.0)
            _parameters, _patch, to_place, to_speed, _cotangent = wp.grad(contribution_product)(
                parameters, patch, place, speed, cotangent
            )
            found[kind] = values[kind]
            found[COUNT + kind] = wp.dot(to_place, d_place) + wp.dot(to_speed, d_speed)
        return found

    @wp.kernel(module=kernel.module, enable_backward=True)
    def keep_adjoints_of_contributions(
        all_parameters: wp.array(dtype=Parameters),
        patch: Patch,
        vectors: wp.array(dtype=vector),
        numbers: wp.array(dtype=Numbers),
        results: wp.array(dtype=scalar),
    ):
        results[0] = contribution_product(all_parameters[0], patch, vectors[0], vectors[0], numbers[0])

    return contributed


def _build_heading(types: TangentTypes) -> Any:
    """Return by how much a body is turned about the vertical, and its tangent; see `heading`.

    The tangents of the places at the start are kept in the first step.
    """
    kernel, Trajectory, Tangent = types.kernel, types.Trajectory, types.Tangent
    real, position, moved = kernel.real, types.position, types.moved
    Pair, larger, centre = wp.types.vector(2, real), kernel.larger, types.centre
    share, d_share = types.share, types.d_share

    @wp.func(module=kernel.module)
    def heading(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int) -> Pair:
        own = trajectory.mass_start[world]
        masses = trajectory.mass_start[world + 1] - own
        if step == 0:
            for mass in range(masses):
                kept = moved(trajectory, tangent, world, direction, step, mass)
                for axis in range(3):
                    tangent.start[3 * (direction * tangent.masses + own + mass) + axis] = kept[axis]
        start = centre(trajectory, world, 0)
        now = centre(trajectory, world, step)
        cross = real(0.0)
        dot = real(0.0)
        d_cross = real(0.0)
        d_dot = real(0.0)
        for mass in range(masses):
            # Sums of places from the centre are zero, so that the tangents of both centres make no difference.
            r = position(trajectory, world, 0, mass) - start
            a = position(trajectory, world, step, mass) - now
            d_a = moved(trajectory, tangent, world, direction, step, mass)
            at = 3 * (direction * tangent.masses + own + mass)
            d_x = tangent.start[at]
            d_y = tangent.start[at + 1]
            weight = share(trajectory, world, mass)
            d_weight = d_share(trajectory, tangent, world, direction, mass)
            cross += weight * (r[0] * a[1] - r[1] * a[0])
            dot += weight * (r[0] * a[0] + r[1] * a[1])
            d_cross += d_weight * (r[0] * a[1] - r[1] * a[0])
            d_dot += d_weight * (r[0] * a[0] + r[1] * a[1])
            d_cross += weight * (d_x * a[1] + r[0] * d_a[1] - d_y * a[0] - r[1] * d_a[0])
            d_dot += weight * (d_x * a[0] + r[0] * d_a[0] + d_y * a[1] + r[1] * d_a[1])
        size = larger(real(NEGLIGIBLE), cross * cross + dot * dot)
        return Pair(wp.atan2(cross, dot), (dot * d_cross - cross * d_dot) / size)

    return heading
