"""The states of all worlds: what the forward sweep keeps of an episode, and what the reverse sweep hands back."""

from typing import Any

import numpy as np
import warp as wp

from codesign.sim.kernels.rows import SLACK
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.layout.buffers import BufferSizes
from codesign.sim.layout.packing import PackedBodies, flat


class States:
    """Tape and adjoint on a device, and where in them each mass and each spring is.

    Args:
        packed: the bodies of all worlds.
        types: the types of the kernels.
        sizes: of the arrays.
        snapshots: states that are kept of an episode.
        device: where the arrays are.
    """

    def __init__(
        self, packed: PackedBodies, types: KernelTypes, sizes: BufferSizes, snapshots: int, device: Any
    ) -> None:
        self._packed, self._snapshots, self._row = packed, snapshots, types.row
        self.tape = _filled(types.Tape(), sizes.tape, types, device)
        self.adjoint = _filled(types.Adjoint(), sizes.adjoint, types, device)

    def begin(self, positions: np.ndarray, velocities: np.ndarray | None) -> None:
        """Put the masses where the episode starts.

        Args:
            positions: in world frame [m], shape (masses of all worlds, dimension).
            velocities: likewise [m/s]; None for rest.
        """
        at = self._coordinates(self._snapshots)
        for rows, values in (
            (self.tape.snapshot_position_rows, positions),
            (self.tape.snapshot_velocity_rows, velocities),
        ):
            if values is not None:
                start = np.zeros(rows.size * self._row)
                start[at] = values
                rows.assign(start.reshape(-1, self._row))

    def motion(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return positions, shape (steps + 1, masses of all worlds, dimension), and actuation, (steps, springs).

        Args:
            steps: of a segment; the tape holds them all.
        """
        layout = self._packed.layout
        frames = np.arange(steps + 1)[:, None, None]
        masses = layout.dimension * layout.padded_masses[self._worlds_of_masses()]
        positions = self.tape.position.numpy()[self._coordinates(steps + 1)[None] + frames * masses[None, :, None]]
        worlds = np.repeat(np.arange(len(layout.springs)), layout.springs)
        start = layout.spring_start[worlds]
        own = self._packed.spring_slots - start + start * steps
        actuation = self.tape.actuation_rows.numpy().reshape(-1)
        return positions, actuation[own[None] + frames[:-1, :, 0] * layout.padded_springs[worlds][None]]

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the adjoint of starts, shape (masses, dimension), and springs, (springs,), of all worlds by name."""
        adjoint, slots = self.adjoint, self._packed.spring_slots
        return {
            "positions": adjoint.position.numpy()[self._coordinates(1)],
            "velocities": adjoint.velocity.numpy()[self._coordinates(1)],
            "rest_lengths": adjoint.rest_rows.numpy().reshape(-1)[slots],
            "stiffness": adjoint.stiffness_rows.numpy().reshape(-1)[slots],
        }

    def _worlds_of_masses(self) -> np.ndarray:
        masses = self._packed.layout.masses
        return np.repeat(np.arange(len(masses)), masses)

    def _coordinates(self, slots: int) -> np.ndarray:
        """Return where all coordinates lie in the first of an array's slots, shape (masses, dimension)."""
        layout = self._packed.layout
        start = layout.mass_start[self._worlds_of_masses()]
        within = self._packed.mass_slots - start
        dimension = layout.dimension
        return (dimension * (start * slots + within))[:, None] + np.arange(dimension)[None]


def _filled(record: Any, counts: dict[str, np.ndarray], types: KernelTypes, device: Any) -> Any:
    """Return a record with arrays of zeros for so many reals of each world."""
    for name, count in counts.items():
        total = int(count.sum())
        if name.endswith("task_state"):
            setattr(record, name, wp.zeros(total // types.state_size, dtype=types.task_state, device=device))
            continue
        fields = type(record)._cls.vars
        if f"{name}_rows" not in fields:
            setattr(record, name, wp.zeros(total + SLACK, dtype=types.real, device=device))
            continue
        # Loads of whole masses read a little beyond the last one.
        values = wp.zeros(total // types.row + SLACK, dtype=types.row_vector, device=device)
        setattr(record, f"{name}_rows", values)
        if name in fields:
            setattr(record, name, flat(values, types.real))
    return record
