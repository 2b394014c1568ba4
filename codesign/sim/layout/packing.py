"""Packing: many bodies of any size become flat device arrays; the only place where ids turn into offsets."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies, offsets
from codesign.sim.contracts import Layout
from codesign.sim.kernels.rows import SLACK
from codesign.sim.kernels.types import KernelTypes

PARAMETER_ALIGNMENT = 32
"""Parameters of a world start at a multiple of this, so that every row width divides it."""


@dataclass(frozen=True)
class PackedBodies:
    """Bodies as flat host arrays, padded to rows.

    Attributes:
        layout: sizes and offsets.
        first, second: masses that a spring joins, counted within their world, shape (padded springs,).
        rest, stiffness, swing: of every spring [m], [N/m], fraction of the rest length, shape (padded springs,).
        mask: one for a mass, zero for padding, shape (padded masses,).
        incidence_start: rows of `incidence` before each row of masses, shape (padded masses / row + 1,).
        incidence: for every mass the springs that pull at it, in spring order: spring s of a world with S padded
            springs as s where it is the second end, S + s where it is the first, and 2 S, where no force is, for
            masses with fewer springs than others of their row; shape (any, row).
        mass_slots, spring_slots: where the bodies' masses and springs are among the padded ones.
    """

    layout: Layout
    first: np.ndarray
    second: np.ndarray
    rest: np.ndarray
    stiffness: np.ndarray
    swing: np.ndarray
    mask: np.ndarray
    incidence_start: np.ndarray
    incidence: np.ndarray
    mass_slots: np.ndarray
    spring_slots: np.ndarray


def pack(bodies: Bodies, row: int) -> PackedBodies:
    """Return bodies as flat arrays in which the masses and springs of every world fill whole rows of length `row`."""
    layout = layout_of(bodies, row)
    mass_slots = _slots(bodies.mass_start, layout.mass_start)
    spring_slots = _slots(bodies.spring_start, layout.spring_start)
    total = int(layout.spring_start[-1])
    first, second = np.zeros(total, np.int32), np.zeros(total, np.int32)
    rest, stiffness, swing = np.zeros(total), np.zeros(total), np.zeros(total)
    first[spring_slots], second[spring_slots] = bodies.springs[:, 0], bodies.springs[:, 1]
    rest[spring_slots], stiffness[spring_slots] = bodies.rest_lengths, bodies.stiffness
    swing[spring_slots] = bodies.swings
    mask = np.zeros(int(layout.mass_start[-1]))
    mask[mass_slots] = 1.0
    incidence_start, incidence = _incidence(bodies, spring_slots, layout)
    return PackedBodies(
        layout,
        first,
        second,
        rest,
        stiffness,
        swing,
        mask,
        incidence_start,
        incidence,
        mass_slots,
        spring_slots,
    )


def layout_of(bodies: Bodies, row: int) -> Layout:
    """Return the sizes and offsets of bodies whose masses and springs fill whole rows."""
    masses, springs = np.diff(bodies.mass_start), np.diff(bodies.spring_start)
    mass_start = padded_offsets(masses, row)
    incidences = row * np.add.reduceat(_degrees(bodies, mass_start, row), mass_start[:-1] // row)
    return Layout(bodies.positions.shape[1], row, masses, springs, mass_start, padded_offsets(springs, row), incidences)


def upload(
    packed: PackedBodies, parameter_start: np.ndarray, gradient_start: np.ndarray, types: KernelTypes, device: Any
) -> Any:
    """Return packed bodies as the kernel types' `Model` on a device.

    Args:
        packed: the bodies.
        parameter_start: where the parameters of each world's controller begin, shape (worlds,).
        gradient_start: where each world has the gradient of these, and the end of the last, shape (worlds + 1,).
        types: the types of the kernels.
        device: where the arrays go.
    """
    layout = packed.layout
    model = types.Model()

    def integers(values: np.ndarray) -> wp.array:
        return wp.array(values.astype(np.int32), dtype=wp.int32, device=device)

    def rows(values: np.ndarray, dtype: Any) -> wp.array:
        return wp.array(values.reshape(-1, layout.row), dtype=dtype, device=device)

    model.mass_start, model.masses = integers(layout.mass_start), integers(layout.masses)
    model.spring_start, model.springs = integers(layout.spring_start), integers(layout.springs)
    model.parameter_start, model.gradient_start = integers(parameter_start), integers(gradient_start)
    model.first, model.second = rows(packed.first, types.indices), rows(packed.second, types.indices)
    model.rest, model.stiffness = rows(packed.rest, types.row_vector), rows(packed.stiffness, types.row_vector)
    model.swing, model.muscle = rows(packed.swing, types.row_vector), rows(packed.swing != 0.0, types.row_vector)
    model.mass_mask = rows(packed.mask, types.row_vector)
    coordinates = np.repeat(packed.mask, layout.dimension)
    # Loads of whole masses read a little beyond the last one.
    model.mask_rows = rows(np.append(coordinates, np.zeros(SLACK * layout.row)), types.row_vector)
    model.mask = flat(model.mask_rows, types.real)
    model.incidence_start = integers(packed.incidence_start)
    model.incidence = rows(packed.incidence, types.indices)
    return model


def padded_offsets(counts: np.ndarray, multiple: int) -> np.ndarray:
    """Return offsets of consecutive blocks that are each padded to a multiple, shape (n + 1,)."""
    return offsets(-(-counts // multiple) * multiple)


def _slots(start: np.ndarray, padded_start: np.ndarray) -> np.ndarray:
    """Return the places that the entries of consecutive blocks have once the blocks are padded."""
    return np.arange(start[-1]) + np.repeat(padded_start[:-1] - start[:-1], np.diff(start))


def flat(rows: wp.array, real: Any) -> wp.array:
    """Return the memory of an array of rows as an array of reals."""
    size = rows.size * rows.dtype._length_
    return wp.array(ptr=rows.ptr, dtype=real, shape=size, device=rows.device, capacity=rows.capacity)


def _places(bodies: Bodies, mass_start: np.ndarray) -> np.ndarray:
    """Return where the two ends of every spring are among the padded masses, shape (springs, 2)."""
    worlds = np.repeat(np.arange(len(bodies)), np.diff(bodies.spring_start))
    return mass_start[worlds][:, None] + bodies.springs


def _degrees(bodies: Bodies, mass_start: np.ndarray, row: int) -> np.ndarray:
    """Return the most springs that a mass of each row has, shape (rows of masses,)."""
    counts = np.bincount(_places(bodies, mass_start).ravel(), minlength=int(mass_start[-1]))
    return counts.reshape(-1, row).max(axis=1)


def _incidence(bodies: Bodies, spring_slots: np.ndarray, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Return, for every row of masses, the places in its world's force buffer that it gathers."""
    row, padded = layout.row, layout.padded_springs
    worlds = np.repeat(np.arange(len(layout.springs)), layout.springs)
    at = _places(bodies, layout.mass_start).ravel()
    own = spring_slots - layout.spring_start[worlds]
    entry = np.stack([own + padded[worlds], own], axis=1).ravel()
    order = np.argsort(at, kind="stable")
    counts = np.bincount(at, minlength=int(layout.mass_start[-1]))
    degrees = _degrees(bodies, layout.mass_start, row)
    start = offsets(degrees)
    rows_of_masses = np.diff(layout.mass_start) // row
    nowhere = np.repeat(2 * padded, rows_of_masses)
    incidence = np.repeat(nowhere, degrees)[:, None].repeat(row, axis=1)
    mass = at[order]
    rank = np.arange(len(mass)) - offsets(counts)[mass]
    incidence[start[mass // row] + rank, mass % row] = entry[order]
    return start, incidence
