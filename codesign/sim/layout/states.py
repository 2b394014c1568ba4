"""The states of all worlds: what the forward sweep keeps of an episode, and what the reverse sweep hands back."""

from typing import Any

import numpy as np
import warp as wp

from codesign.body import offsets
from codesign.sim.kernels.packing import packing_kernels
from codesign.sim.kernels.rows import SLACK
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.layout.buffers import BufferSizes
from codesign.sim.layout.packing import PackedBodies, flat, integers_on
from codesign.sim.sharing import Threads


class States:
    """Tape and adjoint on a device, and where in them each mass and each spring is.

    Args:
        packed: the bodies of all worlds.
        types: the types of the kernels.
        sizes: of the arrays.
        snapshots: how many states are kept of the episode of each world, shape (worlds,).
        device: where the arrays are.
    """

    def __init__(
        self, packed: PackedBodies, types: KernelTypes, sizes: BufferSizes, snapshots: np.ndarray, device: Any
    ) -> None:
        self._packed, self._types, self._device = packed, types, device
        self._snapshot_start, self._snapshot_mass_start = (
            integers_on(start, device)
            for start in (offsets(snapshots), offsets(packed.layout.padded_masses * snapshots))
        )
        self.tape = _allocated(types.Tape(), sizes.tape, types, device)
        self.tape.snapshot_start, self.tape.snapshot_mass_start = self._snapshot_start, self._snapshot_mass_start
        if types.delayed:
            springs = offsets(packed.layout.padded_springs * snapshots)
            self.tape.snapshot_spring_start = integers_on(springs, device)
        optional = ("swing", "mass", "damping", "force_limit")
        kept = {name: size for name, size in sizes.adjoint.items() if name not in optional or types.physical_gradients}
        if types.windowed:
            kept |= _cotangents(sizes, len(snapshots), types.state_size)
        self.adjoint = _allocated(types.Adjoint(), kept, types, device)

    def begin(self, model: Any, positions: np.ndarray, velocities: np.ndarray | None, threads: Threads) -> None:
        """Put the masses where the episode starts, and zeros where they stay; all else is written before it is read.

        Args:
            model: the worlds, as `upload` made it.
            positions: in world frame [m], shape (masses of all worlds, dimension).
            velocities: likewise [m/s]; None for rest.
            threads: of the host, which share the work on a CPU.
        """
        types, tape, device, layout = self._types, self.tape, self._device, self._packed.layout

        def doubles(values: np.ndarray) -> wp.array:
            given = np.ascontiguousarray(values, np.float64).ravel()
            return wp.array(given, dtype=wp.float64, device=device, copy=False)

        moved = doubles(np.zeros(0) if velocities is None else velocities)
        starts = [model.mass_start, model.spring_start, self._snapshot_start, self._snapshot_mass_start]
        inputs = [types.row, types.dimension, integers_on(offsets(layout.masses), device), *starts, types.state_size]
        states = flat(tape.snapshot_task_state, types.real)
        rows = [flat(each, types.real) for each in (tape.snapshot_position_rows, tape.snapshot_velocity_rows)]
        inputs += [doubles(positions), moved, *rows, states, tape.force]
        threads.launch(packing_kernels(types.precision).begin, len(layout.masses), inputs, device)

    def motion(self, steps: int, latencies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return positions, shape (steps + 1, masses of all worlds, dimension), and actuation, (steps, springs).

        The actuation is what muscles follow, with the latency of each world.

        Args:
            steps: of a segment; the tape holds them all.
            latencies: of the motors of each world [steps], shape (worlds,).
        """
        layout = self._packed.layout
        frames = np.arange(steps + 1)[:, None, None]
        masses = layout.dimension * layout.padded_masses[self._worlds_of_masses()]
        start = self._packed.layout.mass_start * (steps + 1)
        positions = self.tape.position.numpy()[self._coordinates(start)[None] + frames * masses[None, :, None]]
        worlds = np.repeat(np.arange(len(layout.springs)), layout.springs)
        start = layout.spring_start[worlds]
        own = self._packed.spring_slots - start + start * steps
        tape, padded = self.tape, layout.padded_springs[worlds]
        if self._types.delayed:
            longest = int(latencies.max())
            own = own + start * longest + (longest - latencies[worlds]) * padded
        actuation = (tape.queue_rows if self._types.delayed else tape.actuation_rows).numpy().reshape(-1)
        return positions, actuation[own[None] + frames[:-1, :, 0] * padded[None]]

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the adjoint of starts, shape (masses, dimension), and springs, (springs,), of all worlds by name."""
        adjoint, slots = self.adjoint, self._packed.spring_slots
        at = self._coordinates(self._packed.layout.mass_start)
        swing_rows = adjoint.swing_rows if self._types.physical_gradients else adjoint.stiffness_rows
        found = {
            "positions": adjoint.position.numpy()[at],
            "velocities": adjoint.velocity.numpy()[at],
            "rest_lengths": adjoint.rest_rows.numpy().reshape(-1)[slots],
            "stiffness": adjoint.stiffness_rows.numpy().reshape(-1)[slots],
            "swings": swing_rows.numpy().reshape(-1)[slots],
        }
        if self._types.material_properties and self._types.physical_gradients:
            found["masses"] = adjoint.mass_rows.numpy().reshape(-1)[self._packed.mass_slots]
            found["damping"] = adjoint.damping_rows.numpy().reshape(-1)[slots]
            found["force_limits"] = adjoint.force_limit_rows.numpy().reshape(-1)[slots]
        return found

    def places(self, steps: int) -> dict[str, np.ndarray]:
        """Return where the coordinates of all masses lie in flat arrays, each shape (masses of all worlds, dimension).

        Args:
            steps: of a segment.

        Returns:
            By name: "start" among snapshots, "adjoint", and "tape" for the first state of the segment; "stride" is how
            far the next state of the segment is away from there.
        """
        layout = self._packed.layout
        stride = layout.dimension * layout.padded_masses[self._worlds_of_masses()]
        return {
            "start": self._coordinates(self._snapshot_mass_start.numpy()),
            "adjoint": self._coordinates(layout.mass_start),
            "tape": self._coordinates(layout.mass_start * (steps + 1)),
            "stride": np.repeat(stride[:, None], layout.dimension, axis=1),
        }

    def _worlds_of_masses(self) -> np.ndarray:
        masses = self._packed.layout.masses
        return np.repeat(np.arange(len(masses)), masses)

    def _coordinates(self, start: np.ndarray) -> np.ndarray:
        """Return where all coordinates lie in an array, shape (masses, dimension).

        Args:
            start: padded masses that the array holds before the first state of each world, shape (worlds or more,).
        """
        layout, worlds = self._packed.layout, self._worlds_of_masses()
        within = self._packed.mass_slots - layout.mass_start[worlds]
        dimension = layout.dimension
        return (dimension * (start[worlds] + within))[:, None] + np.arange(dimension)[None]


def _cotangents(sizes: BufferSizes, worlds: int, state_size: int) -> dict[str, np.ndarray]:
    """Return the sizes of the arrays that cotangents of a window's states, its loss and its task state are given in."""
    one = np.ones(worlds, np.int64)
    states = {f"given_{name}": sizes.tape[name] for name in ("position", "velocity")}
    return {**states, "given_task_state": state_size * one, "given_loss": one}


def _allocated(record: Any, counts: dict[str, np.ndarray], types: KernelTypes, device: Any) -> Any:
    """Return a record with arrays for so many reals of each world."""
    for name, count in counts.items():
        total = int(count.sum())
        if name.endswith("task_state"):
            setattr(record, name, wp.empty(total // types.state_size, dtype=types.task_state, device=device))
            continue
        fields = type(record)._cls.vars
        if f"{name}_rows" not in fields:
            setattr(record, name, wp.empty(total + SLACK, dtype=types.real, device=device))
            continue
        # Loads of whole masses read a little beyond the last one.
        # The derivatives in springs are zero where they are not computed, and nothing is on its way to muscles at the
        # start of an episode; what is padding among cotangents stays zero; the rest is written before it is read.
        zero = ("rest", "stiffness", "swing", "mass", "damping", "force_limit", "snapshot_queue")
        make = wp.zeros if name.startswith("given_") or name in zero else wp.empty
        values = make(total // types.row + SLACK, dtype=types.row_vector, device=device)
        setattr(record, f"{name}_rows", values)
        if name in fields:
            setattr(record, name, flat(values, types.real))
    return record
