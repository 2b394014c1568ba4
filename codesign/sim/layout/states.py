"""The states of all worlds: what the forward sweep keeps of an episode, and what the reverse sweep hands back."""

from typing import Any

import numpy as np
import warp as wp

from codesign.body import offsets
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
        snapshots: how many states are kept of the episode of each world, shape (worlds,).
        device: where the arrays are.
    """

    def __init__(
        self, packed: PackedBodies, types: KernelTypes, sizes: BufferSizes, snapshots: np.ndarray, device: Any
    ) -> None:
        self._packed, self._row = packed, types.row
        self._snapshot_mass_start = offsets(packed.layout.padded_masses * snapshots)
        self.tape = _filled(types.Tape(), sizes.tape, types, device)
        for name, start in (("snapshot_start", offsets(snapshots)), ("snapshot_mass_start", self._snapshot_mass_start)):
            setattr(self.tape, name, wp.array(start.astype(np.int32), dtype=wp.int32, device=device))
        self.adjoint = _filled(types.Adjoint(), sizes.adjoint, types, device)

    def begin(self, positions: np.ndarray, velocities: np.ndarray | None) -> None:
        """Put the masses where the episode starts.

        Args:
            positions: in world frame [m], shape (masses of all worlds, dimension).
            velocities: likewise [m/s]; None for rest.
        """
        at = self._coordinates(self._snapshot_mass_start)
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
        start = self._packed.layout.mass_start * (steps + 1)
        positions = self.tape.position.numpy()[self._coordinates(start)[None] + frames * masses[None, :, None]]
        worlds = np.repeat(np.arange(len(layout.springs)), layout.springs)
        start = layout.spring_start[worlds]
        own = self._packed.spring_slots - start + start * steps
        actuation = self.tape.actuation_rows.numpy().reshape(-1)
        return positions, actuation[own[None] + frames[:-1, :, 0] * layout.padded_springs[worlds][None]]

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the adjoint of starts, shape (masses, dimension), and springs, (springs,), of all worlds by name."""
        adjoint, slots = self.adjoint, self._packed.spring_slots
        at = self._coordinates(self._packed.layout.mass_start)
        return {
            "positions": adjoint.position.numpy()[at],
            "velocities": adjoint.velocity.numpy()[at],
            "rest_lengths": adjoint.rest_rows.numpy().reshape(-1)[slots],
            "stiffness": adjoint.stiffness_rows.numpy().reshape(-1)[slots],
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
