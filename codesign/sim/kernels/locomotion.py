"""How a body moved, whatever its task: distance, straightness, energy, effort and airtime of an episode.

These are written down only where they are asked for, by the first lane, and they are not differentiated: an episode
after the last step of learning is worth it, those before are not.
"""

from typing import Any

import numpy as np
import warp as wp

from codesign.sim.kernels.actuation_queue import QueueFunctions
from codesign.sim.kernels.functions import TerrainFunctions
from codesign.sim.kernels.step import StepFunctions
from codesign.sim.kernels.types import KernelTypes

CLEARANCE = 1.0e-3
"""Height above the ground [m] from which a mass counts as not touching it."""

COUNTS = 4
"""Numbers that are added up: length of the way, effort, work, steps in the air."""

UNIVERSAL = ("distance", "straightness", "energy", "effort", "airtime")
"""Names of what every episode is measured by, whatever the task."""

UNITS = {"distance": "m", "energy": "J", "airtime": "s"}
"""Units of these; the others are shares, from 0 to 1."""


def locomotion_size(dimension: int) -> int:
    """Return how many numbers are kept of a world: where its centre started and where it is, and what is added up."""
    return 2 * dimension + COUNTS


def build_locomotion(
    types: KernelTypes, terrain: TerrainFunctions, step_functions: StepFunctions, queue: QueueFunctions
) -> Any:
    """Return the function that adds a step to a world's numbers: (..., conduct, world, step, slot)."""
    real, vector, DIMENSION, ROW = types.real, types.vector, types.dimension, types.row
    Constants, Model, Tape = types.Constants, types.Model, types.Tape
    reals, read, load = wp.array(dtype=real), types.row_functions.read, types.row_functions.load
    locate, height, up, SIZE = terrain.locate, terrain.height, DIMENSION - 1, locomotion_size(DIMENSION)
    centre_of, length_of, effort_of = step_functions.centre_of, types.length_of, step_functions.effort_of
    commanded_strain, followed, followed_at = step_functions.commanded_strain, queue.followed, queue.followed_at
    MATERIALS, SETTLING = types.material_properties, types.settling

    @wp.func(module=types.module)
    def place(tape: Tape, at: int) -> vector:
        found = vector()
        for axis in range(DIMENSION):
            found[axis] = read(tape.position, at + axis)
        return found

    @wp.func(module=types.module)
    def in_the_air(model: Model, tape: Tape, ground: reals, world: int, at: int) -> real:
        for mass in range(model.masses[world]):
            position = place(tape, at + DIMENSION * mass)
            if position[up] - height(locate(ground, position), position) < real(CLEARANCE):
                return real(0.0)
        return real(1.0)

    @wp.func(module=types.module)
    def work_of(
        constants: Constants, model: Model, tape: Tape, world: int, at: int, after: int, actuation: int, step: int
    ) -> real:
        """Return the work of the muscles in a step, given and taken alike: tension times change of length."""
        start = model.spring_start[world] // ROW
        work = real(0.0)
        for row in range(model.spring_start[world + 1] // ROW - start):
            first = model.first[start + row]
            second = model.second[start + row]
            rest = load(model.rest, start + row)
            stiffness = load(model.stiffness, start + row)
            swing = load(model.swing, start + row)
            actuated = followed(tape, actuation + row)
            strain = commanded_strain(constants, swing, actuated, step, row)
            if wp.static(MATERIALS):
                force_limit = load(model.force_limit, start + row)
            for entry in range(ROW):
                if swing[entry] > real(0.0):
                    a = DIMENSION * first[entry]
                    b = DIMENSION * second[entry]
                    length = length_of(place(tape, at + a) - place(tape, at + b)) + constants.regularisation
                    later = length_of(place(tape, after + a) - place(tape, after + b)) + constants.regularisation
                    if wp.static(MATERIALS):
                        active = stiffness[entry] * rest[entry] * strain[entry]
                        share = active / force_limit[entry]
                        limited = active / wp.sqrt(real(1.0) + share * share)
                        work += wp.abs((stiffness[entry] * (length - rest[entry]) - limited) * (later - length))
                    else:
                        wanted = rest[entry] * (real(1.0) + strain[entry])
                        work += wp.abs(stiffness[entry] * (length - wanted) * (later - length))
        return work

    @wp.func(module=types.module)
    def record_locomotion(
        constants: Constants,
        model: Model,
        tape: Tape,
        ground: reals,
        conduct: reals,
        world: int,
        step: int,
        slot: int,
    ):
        segment = constants.segment
        masses = model.mass_start[world + 1] - model.mass_start[world]
        at = DIMENSION * (model.mass_start[world] * (segment + 1) + slot * masses)
        after = at + DIMENSION * masses
        actuation = followed_at(constants, model, world, slot)
        before = centre_of(model, tape, world, at)
        now = centre_of(model, tape, world, after)
        own = world * SIZE
        if step == 0:
            for number in range(SIZE):
                conduct[own + number] = real(0.0)
            for axis in range(DIMENSION):
                conduct[own + axis] = before[axis]
        if wp.static(SETTLING):  # noqa: SIM102 - the other condition is known at run time alone
            if step <= constants.settle:
                for number in range(SIZE):
                    conduct[own + number] = real(0.0)
                for axis in range(DIMENSION):
                    conduct[own + axis] = before[axis]
        way = now - before
        way[up] = real(0.0)
        for axis in range(DIMENSION):
            conduct[own + DIMENSION + axis] = now[axis]
        sums = own + 2 * DIMENSION
        conduct[sums] = conduct[sums] + wp.length(way)
        conduct[sums + 1] = conduct[sums + 1] + effort_of(model, tape, world, actuation)
        conduct[sums + 2] = conduct[sums + 2] + work_of(constants, model, tape, world, at, after, actuation, step)
        conduct[sums + 3] = conduct[sums + 3] + in_the_air(model, tape, ground, world, after)

    return record_locomotion


def locomotion_measures(conduct: np.ndarray, steps: int, dt: float) -> dict[str, np.ndarray]:
    """Return what an episode is measured by, each of shape (worlds,).

    Args:
        conduct: what was written down, shape (worlds, numbers).
        steps: of the episode.
        dt: length of a step [s].

    Returns:
        `distance`: of the centre from its start, in the plane [m]; `straightness`: that over the length of its way, 0
        to 1; `energy`: mechanical work of all muscles, given and taken alike [J], without dashpots; `effort`: squared
        actuation, mean over time and springs, 0 to 1; `airtime`: with no mass on the ground [s].
    """
    dimension = (conduct.shape[1] - COUNTS) // 2
    way = (conduct[:, dimension : 2 * dimension] - conduct[:, :dimension])[:, :-1]
    length, effort, work, air = conduct[:, 2 * dimension :].T
    distance = np.linalg.norm(way, axis=1)
    return {
        "distance": distance,
        "straightness": np.divide(distance, length, out=np.zeros_like(distance), where=length > 0.0),
        "energy": work,
        "effort": effort / steps,
        "airtime": air * dt,
    }
