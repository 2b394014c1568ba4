"""Means over the masses of a world of a function of values at one mass, and their adjoints."""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import TerrainFunctions
from codesign.sim.kernels.terrain_query import short_loops
from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class MeanFunctions:
    """Functions that all lanes of a world call together; `at` is where the coordinates of its masses begin.

    Attributes:
        Means: type of the means, a vector of reals.
        write: (model, tape, ground, parameters, world, lane, at): writes what the masses of a lane contribute.
        mean: (model, tape, world) -> the means of what all lanes have written.
        adjoint: (model, tape, adjoint, ground, parameters, world, lane, at, adjoint of the means): adds to the adjoint
            of the positions and velocities of a lane's masses.
    """

    Means: Any
    write: Any
    mean: Any
    adjoint: Any


@dataclass(frozen=True)
class MassFunction:
    """A function of values at one mass.

    Attributes:
        name: of what it gives, for the functions made from it.
        value_at: (parameters, patch, position, velocity) -> vector of `count` reals.
        Parameters: type of its parameters.
        count: numbers that it gives.
        first: place of the first of them among the numbers of every mass in the tape.
        per_mass: how many numbers of every mass are in the tape.
    """

    name: str
    value_at: Any
    Parameters: Any
    count: int
    first: int
    per_mass: int


def build_mean(types: KernelTypes, terrain: TerrainFunctions, query_terrain: Any, function: MassFunction) -> Any:
    """Return the functions for the means of a function; `query_terrain` finds the patches of `terrain`."""
    real, vector, scalar, row_vector = types.real, types.vector, types.scalar, types.row_vector
    reals, Model, Tape, Adjoint = wp.array(dtype=types.real), types.Model, types.Tape, types.Adjoint
    DIMENSION, ROW, module, pick = types.dimension, types.row, types.module, types.pick
    Patch, LAST = terrain.Patch, terrain.Patch._length_ - 1
    (OUTER, MIDDLE, INNER) = short_loops(LAST + 1)
    value_at, Parameters, COUNT = function.value_at, function.Parameters, function.count
    FIRST, PER_MASS = function.first, function.per_mass
    FAR, MID, NEAR = short_loops(COUNT)
    Means, Kinds = wp.types.vector(COUNT, real), wp.types.matrix((COUNT, ROW), real)
    rows = types.row_functions
    load, store_row = rows.load, rows.store
    load_coordinates, store_coordinates = rows.load_coordinates, rows.store_coordinates

    def named(own: str) -> Any:
        """Return a decorator that gives a function a name of its own: several means are in one module."""
        return lambda made: wp.func(made, name=f"{function.name}_{own}", module=module, inline=True)

    @named("product")
    def product(parameters: Parameters, patch: Patch, position: vector, velocity: vector, cotangent: Means) -> scalar:
        return scalar(wp.dot(value_at(parameters, patch, position, velocity), cotangent))

    @named("store_kinds")
    def store_kinds(tape: Tape, first: int, count: int, kinds: Kinds):
        for i in range(FAR):
            for j in range(MID):
                for k in range(NEAR):
                    kind = wp.min((i * MID + j) * NEAR + k, COUNT - 1)
                    of_kind = row_vector()
                    for entry in range(ROW):
                        of_kind[entry] = kinds[kind, entry]
                    store_row(tape.observation_rows, first + kind * count, of_kind)

    @named("write")
    def write(model: Model, tape: Tape, ground: reals, parameters: Parameters, world: int, lane: int, at: int):
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        for row in range(lane, count, wp.block_dim()):
            positions = load_coordinates(tape.position, at + row * ROW * DIMENSION)
            velocities = load_coordinates(tape.velocity, at + row * ROW * DIMENSION)
            mask = load(model.mass_mask, start + row)
            patches = query_terrain(ground, positions)
            kinds = Kinds()
            for entry in range(ROW):
                position = vector()
                velocity = vector()
                for axis in range(DIMENSION):
                    position[axis] = positions[axis, entry]
                    velocity[axis] = velocities[axis, entry]
                patch = Patch()
                for i in range(OUTER):
                    for j in range(MIDDLE):
                        for k in range(INNER):
                            number = wp.min((i * MIDDLE + j) * INNER + k, LAST)
                            patch[number] = patches[number, entry]
                values = value_at(parameters, patch, position, velocity)
                for i in range(FAR):
                    for j in range(MID):
                        for k in range(NEAR):
                            kind = wp.min((i * MID + j) * NEAR + k, COUNT - 1)
                            # What a function gives at the place of padding need not be a number.
                            kinds[kind, entry] = pick(mask[entry] > real(0.0), values[kind], real(0.0))
            store_kinds(tape, PER_MASS * start + FIRST * count + row, count, kinds)

    @named("mean")
    def mean(model: Model, tape: Tape, world: int) -> Means:
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        means = Means()
        for i in range(FAR):
            for j in range(MID):
                for k in range(NEAR):
                    kind = wp.min((i * MID + j) * NEAR + k, COUNT - 1)
                    sums = row_vector()
                    for row in range(count):
                        sums += load(tape.observation_rows, PER_MASS * start + (FIRST + kind) * count + row)
                    means[kind] = wp.dot(sums, row_vector(real(1.0))) / real(model.masses[world])
        return means

    @named("adjoint")
    def mean_adjoint(
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        ground: reals,
        parameters: Parameters,
        world: int,
        lane: int,
        at: int,
        d_means: Means,
    ):
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        cotangent = d_means / real(model.masses[world])
        for row in range(lane, count, wp.block_dim()):
            base = DIMENSION * (start + row) * ROW
            positions = load_coordinates(tape.position, at + row * ROW * DIMENSION)
            velocities = load_coordinates(tape.velocity, at + row * ROW * DIMENSION)
            mask = load(model.mass_mask, start + row)
            d_positions = load_coordinates(adjoint.position, base)
            d_velocities = load_coordinates(adjoint.velocity, base)
            patches = query_terrain(ground, positions)
            for entry in range(ROW):
                position = vector()
                velocity = vector()
                for axis in range(DIMENSION):
                    position[axis] = positions[axis, entry]
                    velocity[axis] = velocities[axis, entry]
                patch = Patch()
                for i in range(OUTER):
                    for j in range(MIDDLE):
                        for k in range(INNER):
                            number = wp.min((i * MIDDLE + j) * INNER + k, LAST)
                            patch[number] = patches[number, entry]
                _parameters, _patch, d_position, d_velocity, _cotangent = wp.grad(product)(
                    parameters, patch, position, velocity, cotangent
                )
                real_mass = mask[entry] > real(0.0)
                for axis in range(DIMENSION):
                    d_positions[axis, entry] += pick(real_mass, d_position[axis], real(0.0))
                    d_velocities[axis, entry] += pick(real_mass, d_velocity[axis], real(0.0))
            store_coordinates(adjoint.position, base, d_positions)
            store_coordinates(adjoint.velocity, base, d_velocities)

    _keep_adjoint(types, product, function, Patch, Means)
    return MeanFunctions(Means, write, mean, mean_adjoint)


def _keep_adjoint(types: KernelTypes, product: Any, function: MassFunction, Patch: Any, Means: Any) -> None:
    """Register a differentiated kernel that calls the product: else Warp has no adjoint of what that calls."""
    Parameters, vector, scalar = function.Parameters, types.vector, types.scalar

    def keep(
        all_parameters: wp.array(dtype=Parameters),
        patch: Patch,
        positions: wp.array(dtype=vector),
        cotangent: Means,
        results: wp.array(dtype=scalar),
    ):
        results[0] = product(all_parameters[0], patch, positions[0], positions[1], cotangent)

    keep.__qualname__ = f"keep_{function.name}"
    wp.kernel(keep, module=types.module, enable_backward=True)
