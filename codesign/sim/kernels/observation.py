"""What a task sees of a body at one moment, and the adjoint of that in all masses.

Of what there is, only what the task uses goes into the kernels. What is a mean over masses is written by lanes for the
masses that each of them has, and added up by all lanes in the order of the masses, so that their number changes no bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.centre import build_centre
from codesign.sim.kernels.extremes import build_extremes
from codesign.sim.kernels.functions import TerrainFunctions
from codesign.sim.kernels.heading import MOMENTS, HeadingFunctions, build_heading
from codesign.sim.kernels.lanes import synchronise
from codesign.sim.kernels.mass_means import MassFunction, MeanFunctions, build_mean
from codesign.sim.kernels.objective import Objective
from codesign.sim.kernels.senses import TOUCH
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.kernels.windows import build_counting


@dataclass(frozen=True)
class ObservationFunctions:
    """Functions that all lanes of a world call together; `at` is where the coordinates of its masses begin.

    Attributes:
        observe: (constants, model, tape, ground, parameters, world, lane, at, step, centre, effort) -> observation.
        adjoint: (constants, model, tape, adjoint, world, lane, at, step, centre, observation, adjoint of the
            observation): adds to the adjoint of every mass, but for what it gets through the centre and through the
            next two. Warp writes what calls `wp.grad` after all other functions, so that none of these can call it.
        touching_adjoint, own_adjoint: the adjoints of the contact share and of the task's own contributions, see
            `MeanFunctions`; None where they are not used.
        visits_masses: whether any of these three has anything to do.
        per_mass: (adjoint of the observation, masses) -> what every mass gets through the centre; where bodies have
            masses of their own, they get their shares of it by `build_centre` instead.
        per_effort: (adjoint of the observation) -> adjoint of the effort.
    """

    observe: Any
    adjoint: Any
    touching_adjoint: Any
    own_adjoint: Any
    visits_masses: bool
    per_mass: Any
    per_effort: Any


def numbers_per_mass(used: Sequence[str], contributions: int, dimension: int) -> tuple[int, int]:
    """Return how many reals the tape and the adjoint hold of every mass for a task's observations.

    Args:
        used: what the task uses, of `OBSERVATIONS`.
        contributions: numbers that the task has of every mass.
        dimension: of space.
    """
    heading = "heading" in used
    return ("contact_share" in used) + contributions + heading * (MOMENTS + dimension), heading * dimension


def build_observation(
    types: KernelTypes, terrain: TerrainFunctions, query_terrain: Any, objective: Objective
) -> ObservationFunctions:
    """Return the functions for what one task uses; `query_terrain` finds the patches of `terrain`."""
    real, vector, reals, module = types.real, types.vector, wp.array(dtype=types.real), types.module
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    Parameters, Observation = objective.Parameters, objective.Observation
    DIMENSION, ROW, total = types.dimension, types.row, types.row_functions.total
    CENTRE, VELOCITY, EFFORT = (objective.uses(name) for name in ("centre", "velocity", "effort"))
    LOWEST, HIGHEST, HEADING = (objective.uses(name) for name in ("lowest", "highest", "heading"))
    counted, episode_steps = build_counting(types)
    SETTLING = types.settling
    TOUCHING, OWN = objective.uses("contact_share"), types.contributions > 0
    lowest_of, highest_of, extreme_adjoint = build_extremes(types)
    add_to_velocities = _add_to_velocities(types)
    MATERIALS, by_mass = types.material_properties, build_centre(types)
    mean_by_mass, pass_on, pass_to_masses = by_mass.mean, by_mass.pass_on, by_mass.pass_to_masses
    touching = _touching(types, terrain, query_terrain, objective) if TOUCHING else _nothing()
    own = _own(types, terrain, query_terrain, objective) if OWN else _nothing()
    heading = _heading(types, objective) if HEADING else HeadingFunctions(None, None, None)
    write_touching, mean_touching, write_own, mean_own = touching.write, touching.mean, own.write, own.mean
    write_heading, heading_of, heading_adjoint = heading.write, heading.heading, heading.adjoint

    @wp.func(module=module, inline=True)
    def observe(  # noqa: PLR0912 - one for each thing that a task may see
        constants: Constants,
        model: Model,
        tape: Tape,
        ground: reals,
        parameters: Parameters,
        world: int,
        lane: int,
        at: int,
        step: int,
        centre: vector,
        effort: real,
    ) -> Observation:
        seen = Observation()
        seen.step = counted(constants, step)
        seen.steps = episode_steps(constants)
        seen.time = real(counted(constants, step)) * constants.dt
        if wp.static(SETTLING):
            seen.step = seen.step - constants.settle
            seen.steps = seen.steps - constants.settle
            seen.time = real(seen.step) * constants.dt
        if wp.static(CENTRE):
            seen.centre = centre
        if wp.static(EFFORT):
            seen.effort = effort
        if wp.static(VELOCITY and MATERIALS):
            seen.velocity = mean_by_mass(model, tape.velocity, world, at)
        if wp.static(VELOCITY and not MATERIALS):
            count = (model.mass_start[world + 1] - model.mass_start[world]) // ROW
            seen.velocity = total(tape.velocity, at, count) / real(model.masses[world])
        if wp.static(LOWEST):
            seen.lowest = lowest_of(tape.position, at, model.masses[world])
        if wp.static(HIGHEST):
            seen.highest = highest_of(tape.position, at, model.masses[world])
        if wp.static(TOUCHING):
            write_touching(model, tape, ground, parameters, world, lane, at)
        if wp.static(OWN):
            write_own(model, tape, ground, parameters, world, lane, at)
        if wp.static(HEADING):
            write_heading(model, tape, world, lane, at, step, centre)
        if wp.static(TOUCHING or OWN or HEADING):
            synchronise()
        if wp.static(TOUCHING):
            seen.contact_share = mean_touching(model, tape, world)[0]
        if wp.static(OWN):
            seen.means = mean_own(model, tape, world)
        if wp.static(HEADING):
            seen.heading = heading_of(model, tape, world)
        return seen

    @wp.func(module=module, inline=True)
    def adjoint_of(
        constants: Constants,
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        at: int,
        step: int,
        centre: vector,
        seen: Observation,
        d_seen: Observation,
    ):
        base = DIMENSION * model.mass_start[world]
        if wp.static(VELOCITY and MATERIALS):
            pass_on(model, adjoint.velocity, world, lane, base, d_seen.velocity)
            pass_to_masses(model, adjoint, tape.velocity, world, lane, at, seen.velocity, d_seen.velocity)
        if wp.static(VELOCITY and not MATERIALS):
            add_to_velocities(model, adjoint, world, lane, d_seen.velocity / real(model.masses[world]))
        if wp.static(LOWEST):
            extreme_adjoint(
                tape.position,
                at,
                adjoint.position,
                base,
                model.masses[world],
                seen.lowest,
                d_seen.lowest,
                lane,
                wp.block_dim(),
            )
        if wp.static(HIGHEST):
            extreme_adjoint(
                tape.position,
                at,
                adjoint.position,
                base,
                model.masses[world],
                seen.highest,
                d_seen.highest,
                lane,
                wp.block_dim(),
            )
        if wp.static(HEADING):
            heading_adjoint(constants, model, tape, adjoint, world, lane, at, step, centre, d_seen.heading)

    @wp.func(module=module, inline=True)
    def per_mass(d_seen: Observation, masses: int) -> vector:
        passed = vector()
        if wp.static(CENTRE):
            passed = d_seen.centre / real(masses)
        return passed

    @wp.func(module=module, inline=True)
    def per_effort(d_seen: Observation) -> real:
        passed = real(0.0)
        if wp.static(EFFORT):
            passed = d_seen.effort
        return passed

    visits = VELOCITY or LOWEST or HIGHEST or TOUCHING or OWN or HEADING
    passed = adjoint_of, touching.adjoint, own.adjoint, visits
    return ObservationFunctions(observe, *passed, per_mass, per_effort)


def _add_to_velocities(types: KernelTypes) -> Any:
    """Return the function that adds a vector to the adjoint of every mass's velocity."""
    vector, Model, Adjoint = types.vector, types.Model, types.Adjoint
    DIMENSION, ROW = types.dimension, types.row
    load_coordinates, store_coordinates = types.row_functions.load_coordinates, types.row_functions.store_coordinates

    @wp.func(module=types.module, inline=True)
    def add_to_velocities(model: Model, adjoint: Adjoint, world: int, lane: int, passed: vector):
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        for row in range(lane, count, wp.block_dim()):
            at = DIMENSION * (start + row) * ROW
            velocities = load_coordinates(adjoint.velocity, at)
            for axis in range(DIMENSION):
                for entry in range(ROW):
                    velocities[axis, entry] = velocities[axis, entry] + passed[axis]
            store_coordinates(adjoint.velocity, at, velocities)

    return add_to_velocities


def _nothing() -> MeanFunctions:
    return MeanFunctions(None, None, None, None)


def _touching(types: KernelTypes, terrain: TerrainFunctions, query_terrain: Any, objective: Objective) -> MeanFunctions:
    """Return the mean of how much masses touch the ground, as the sense `contact` has it."""
    real, vector, scalar, height, Patch = types.real, types.vector, types.scalar, terrain.height, terrain.Patch
    Parameters, up = objective.Parameters, types.dimension - 1

    @wp.func(module=types.module, inline=True)
    def touching(parameters: Parameters, patch: Patch, position: vector, velocity: vector) -> scalar:
        gap = (position[up] - height(patch, position)) / real(TOUCH)
        return scalar(real(1.0) / (real(1.0) + gap * gap))

    numbers = numbers_per_mass(objective.used, types.contributions, types.dimension)[0]
    function = MassFunction("touching", touching, Parameters, 1, 0, numbers)
    return build_mean(types, terrain, query_terrain, function)


def _own(types: KernelTypes, terrain: TerrainFunctions, query_terrain: Any, objective: Objective) -> MeanFunctions:
    """Return the means of what the task has of every mass."""
    vector, height, Patch, up = types.vector, terrain.height, terrain.Patch, types.dimension - 1
    Mass, Parameters, contribution = objective.Mass, objective.Parameters, objective.contribution

    if objective.uses("clearance"):

        @wp.func(module=types.module, inline=True)
        def contribute(parameters: Parameters, patch: Patch, position: vector, velocity: vector) -> types.contribution:
            mass = Mass()
            mass.position = position
            mass.velocity = velocity
            mass.clearance = position[up] - height(patch, position)
            return contribution(mass, parameters)

    else:
        terrain, query_terrain = _no_ground(types)
        Patch = terrain.Patch

        @wp.func(module=types.module, inline=True)
        def contribute(parameters: Parameters, patch: Patch, position: vector, velocity: vector) -> types.contribution:
            mass = Mass()
            mass.position = position
            mass.velocity = velocity
            return contribution(mass, parameters)

    numbers = numbers_per_mass(objective.used, types.contributions, types.dimension)[0]
    first = int(objective.uses("contact_share"))
    function = MassFunction("own", contribute, Parameters, types.contributions, first, numbers)
    return build_mean(types, terrain, query_terrain, function)


def _no_ground(types: KernelTypes) -> tuple[TerrainFunctions, Any]:
    """Return a ground that nothing is asked of, with patches of one number that is zero, and its query."""
    Patches, rows, reals = wp.types.matrix((1, types.row), types.real), types.rows, wp.array(dtype=types.real)

    @wp.func(module=types.module, inline=True)
    def query_nothing(ground: reals, positions: rows) -> Patches:
        return Patches()

    return TerrainFunctions(types.scalar, None, None, None, None), query_nothing


def _heading(types: KernelTypes, objective: Objective) -> HeadingFunctions:
    numbers = numbers_per_mass(objective.used, types.contributions, types.dimension)[0]
    return build_heading(types, int(objective.uses("contact_share")) + types.contributions, numbers)
