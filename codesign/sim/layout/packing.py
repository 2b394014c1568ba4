"""Packing: many bodies of any size become flat device arrays; the only place where ids turn into offsets."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies, offsets
from codesign.machine import available_cores
from codesign.sim.contracts import Layout
from codesign.sim.device import start_warp
from codesign.sim.kernels.packing import degrees_kernel, packing_kernels
from codesign.sim.kernels.rows import SLACK
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.sharing import Threads

PARAMETER_ALIGNMENT = 32
"""Parameters of a world start at a multiple of this, so that every row width divides it."""

FEWEST_PER_THREAD = 256
"""Bodies from which on a thread of its own for their masses pays."""


@dataclass(frozen=True)
class PackedBodies:
    """Where the numbers of bodies lie in flat arrays that are padded to rows.

    Attributes:
        layout: sizes and offsets of the worlds, of which each body has as many, one after the other.
        copies: worlds of each body.
        incidence_start: rows of incidences before each row of masses, shape (padded masses / row + 1,). For every mass
            these are the entries of its world's force buffer that it adds up, in the order of springs. The force buffer
            of a world with S padded springs holds the force of spring s on its second mass in entry s, that on its
            first mass in entry S + s, and zero in entry 2 S, which fills up the masses of a row that have fewer springs
            than others.
    """

    layout: Layout
    copies: int
    incidence_start: np.ndarray

    @property
    def mass_slots(self) -> np.ndarray:
        """Where the worlds' masses are among the padded ones, shape (masses of all worlds,)."""
        return _slots(self.layout.masses, self.layout.mass_start)

    @property
    def spring_slots(self) -> np.ndarray:
        """Where the worlds' springs are among the padded ones, shape (springs of all worlds,)."""
        return _slots(self.layout.springs, self.layout.spring_start)


def pack(bodies: Bodies, row: int, copies: int = 1) -> PackedBodies:
    """Return where the numbers of bodies lie if masses and springs of every world fill whole rows of length `row`.

    Args:
        bodies: any number.
        row: masses or springs in a row.
        copies: worlds of each body.
    """
    masses, springs = (np.repeat(np.diff(start), copies) for start in (bodies.mass_start, bodies.spring_start))
    mass_start = padded_offsets(masses, row)
    degrees, totals = _degrees(bodies, row)
    if copies > 1:
        rows = -(-np.diff(bodies.mass_start) // row)
        first = np.repeat(offsets(rows)[:-1], copies)
        degrees = degrees[_slots(np.repeat(rows, copies), first)]
        totals = np.repeat(totals, copies)
    layout = Layout(
        bodies.positions.shape[1],
        row,
        masses,
        springs,
        mass_start,
        padded_offsets(springs, row),
        row * totals.astype(np.int64),
    )
    return PackedBodies(layout, copies, offsets(degrees))


def layout_of(bodies: Bodies, row: int) -> Layout:
    """Return the sizes and offsets of bodies whose masses and springs fill whole rows."""
    return pack(bodies, row).layout


def upload(
    packed: PackedBodies,
    bodies: Bodies,
    parameter_start: np.ndarray,
    gradient_start: np.ndarray,
    factors: tuple[np.ndarray, np.ndarray],
    types: KernelTypes,
    device: Any,
    threads: Threads,
) -> Any:
    """Return packed bodies as the kernel types' `Model` on a device.

    Args:
        packed: where they lie.
        bodies: the bodies.
        parameter_start: where the parameters of each world's controller begin, shape (worlds,).
        gradient_start: where each world has the gradient of these, and the end of the last, shape (worlds + 1,).
        factors: on the stiffness and on the swings of all springs in each of a body's worlds, each shape (copies,).
        types: the types of the kernels.
        device: where the arrays go.
        threads: of the host, which share the work on a CPU.
    """
    layout, model, row = packed.layout, types.Model(), types.row
    worlds, masses, springs = len(layout.masses), int(layout.mass_start[-1]), int(layout.spring_start[-1])

    def integers(values: np.ndarray) -> wp.array:
        return integers_on(values, device)

    def rows(count: int, dtype: Any) -> wp.array:
        return wp.empty(count // row, dtype=dtype, device=device)

    def doubles(values: np.ndarray) -> wp.array:
        return wp.array(np.ascontiguousarray(values, np.float64), dtype=wp.float64, device=device, copy=False)

    model.mass_start, model.masses = integers(layout.mass_start), integers(layout.masses)
    model.spring_start, model.springs = integers(layout.spring_start), integers(layout.springs)
    model.parameter_start, model.gradient_start = integers(parameter_start), integers(gradient_start)
    model.first, model.second = rows(springs, types.indices), rows(springs, types.indices)
    for name in ("rest", "stiffness", "swing", "muscle"):
        setattr(model, name, rows(springs, types.row_vector))
    model.mass_mask = rows(masses, types.row_vector)
    # Loads of whole masses read a little beyond the last one.
    slack = layout.dimension * masses // row + SLACK
    model.mask_rows = wp.zeros(slack, dtype=types.row_vector, device=device)
    model.mask = flat(model.mask_rows, types.real)
    model.incidence_start = integers(packed.incidence_start)
    model.incidence = rows(row * int(packed.incidence_start[-1]), types.indices)
    kernels = packing_kernels(types.precision)
    mass_start, spring_start = integers(bodies.mass_start), integers(bodies.spring_start)
    ends = integers(bodies.springs.ravel())
    numbers = (bodies.rest_lengths, bodies.stiffness, bodies.swings, *factors)
    own = [doubles(each) for each in numbers]
    fields = [flat(getattr(model, name), types.real) for name in ("rest", "stiffness", "swing", "muscle")]
    pairs = [flat(model.first, wp.int32), flat(model.second, wp.int32)]
    inputs = [row, packed.copies, spring_start, ends, *own, model.spring_start, *pairs, *fields]
    threads.launch(kernels.springs, worlds, inputs, device)
    starts = [mass_start, spring_start, ends, model.mass_start, model.spring_start, model.incidence_start]
    counts = _yet_to_be_written(masses, device)
    masks = [flat(model.mass_mask, types.real), model.mask, flat(model.incidence, wp.int32)]
    threads.launch(kernels.masses, worlds, [row, packed.copies, layout.dimension, *starts, counts, *masks], device)
    if types.material_properties:
        for name, count in (("mass", masses), ("mass_share", masses), ("damping", springs), ("force_limit", springs)):
            setattr(model, name, rows(count, types.row_vector))
        own = [doubles(each) for each in (bodies.masses, bodies.damping, bodies.force_limits)]
        starts = [mass_start, spring_start, *own, model.mass_start, model.spring_start]
        fields = [flat(getattr(model, name), types.real) for name in ("mass", "mass_share", "damping", "force_limit")]
        threads.launch(kernels.material_properties, worlds, [row, packed.copies, *starts, *fields], device)
    return model


def integers_on(values: np.ndarray, device: Any) -> wp.array:
    """Return whole numbers as an array of a device; on a CPU it may be the given one, if that has 32 bits."""
    return wp.array(np.ascontiguousarray(values, np.int32), dtype=wp.int32, device=device, copy=False)


def padded_offsets(counts: np.ndarray, multiple: int) -> np.ndarray:
    """Return offsets of consecutive blocks that are each padded to a multiple, shape (n + 1,)."""
    return offsets(-(-counts // multiple) * multiple)


def flat(rows: wp.array, kind: Any) -> wp.array:
    """Return the memory of an array of rows as an array of numbers."""
    size = rows.size * rows.dtype._length_
    return wp.array(ptr=rows.ptr, dtype=kind, shape=size, device=rows.device, capacity=rows.capacity)


def _slots(counts: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the places of the entries of consecutive blocks that begin at `start`."""
    before = offsets(counts)
    return np.arange(before[-1]) + np.repeat(start[: len(counts)] - before[:-1], counts)


def _yet_to_be_written(count: int, device: Any) -> wp.array:
    """Return an array of so many whole numbers."""
    kind: Any = wp.int32
    return wp.empty(count, dtype=kind, device=device)


def _degrees(bodies: Bodies, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the most springs that a mass of each row has, shape (rows of masses,), and their sums over each body."""
    start_warp()
    device = wp.get_device("cpu")
    padded = padded_offsets(np.diff(bodies.mass_start), row)
    counts, degrees, totals = (
        _yet_to_be_written(size, device) for size in (int(padded[-1]), int(padded[-1]) // row, len(bodies))
    )
    starts, ends, to = (integers_on(each, device) for each in (bodies.spring_start, bodies.springs.ravel(), padded))
    # Looking for cores takes longer than counting the springs of a few bodies.
    threads = Threads(
        min(available_cores(), len(bodies) // FEWEST_PER_THREAD) if len(bodies) > FEWEST_PER_THREAD else 1
    )
    threads.launch(degrees_kernel(), len(bodies), [row, starts, ends, to, counts, degrees, totals], device)
    return degrees.numpy(), totals.numpy()
