"""The centre of mass of bodies whose masses differ, and what its adjoint passes to the masses.

Where every mass of a body is the same number, the centre is the mean of all coordinates, and kernels have none of this.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class CentreFunctions:
    """Functions of bodies whose masses differ; all of them None where masses are 1 kg.

    Attributes:
        mean: (model, values, world, at) -> the mean of coordinates that begin at `at`, weighted by the masses.
        pass_on: (model, values, world, lane, at, cotangent): adds to the coordinates in `values` that begin at `at`
            what every mass gets of the cotangent of their mean.
        pass_to_masses: (model, adjoint, values, world, lane, at, mean, cotangent): adds to the adjoint of the masses
            what they get of the cotangent of the mean of the coordinates `values`; does nothing where masses are not
            differentiated.
    """

    mean: Any = None
    pass_on: Any = None
    pass_to_masses: Any = None


def build_centre(types: KernelTypes) -> CentreFunctions:
    """Return the functions in given kernel types."""
    if not types.material_properties:
        return CentreFunctions()
    real, vector, row_vector, reals = types.real, types.vector, types.row_vector, wp.array(dtype=types.real)
    Model, Adjoint, module = types.Model, types.Adjoint, types.module
    DIMENSION, ROW, PHYSICAL = types.dimension, types.row, types.physical_gradients
    functions = types.row_functions
    load, store_row, weighted_total = functions.load, functions.store, functions.weighted_total
    load_coordinates, store_coordinates = functions.load_coordinates, functions.store_coordinates

    @wp.func(module=module, inline=True)
    def mean(model: Model, values: reals, world: int, at: int) -> vector:
        start = model.mass_start[world] // ROW
        return weighted_total(values, at, model.mass_share, start, model.mass_start[world + 1] // ROW - start)

    @wp.func(module=module, inline=True)
    def pass_on(model: Model, values: reals, world: int, lane: int, at: int, cotangent: vector):
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        for row in range(lane, count, wp.block_dim()):
            own = at + DIMENSION * row * ROW
            passed = load_coordinates(values, own)
            shares = load(model.mass_share, start + row)
            for axis in range(DIMENSION):
                for entry in range(ROW):
                    passed[axis, entry] = passed[axis, entry] + shares[entry] * cotangent[axis]
            store_coordinates(values, own, passed)

    @wp.func(module=module, inline=True)
    def pass_to_masses(
        model: Model,
        adjoint: Adjoint,
        values: reals,
        world: int,
        lane: int,
        at: int,
        centre: vector,
        cotangent: vector,
    ):
        if wp.static(PHYSICAL):
            start = model.mass_start[world] // ROW
            count = model.mass_start[world + 1] // ROW - start
            for row in range(lane, count, wp.block_dim()):
                places = load_coordinates(values, at + DIMENSION * row * ROW)
                shares = load(model.mass_share, start + row)
                masses = load(model.mass, start + row)
                d_masses = row_vector()
                for entry in range(ROW):
                    moved = real(0.0)
                    for axis in range(DIMENSION):
                        moved += (places[axis, entry] - centre[axis]) * cotangent[axis]
                    # A share is the mass over the mass of the body.
                    d_masses[entry] = moved * shares[entry] / masses[entry]
                store_row(adjoint.mass_rows, start + row, load(adjoint.mass_rows, start + row) + d_masses)

    return CentreFunctions(mean, pass_on, pass_to_masses)
