"""How large a small neural network is, and how its numbers are laid out."""

from dataclasses import dataclass

import numpy as np

from codesign.control.layer import padded_units, weights_of_a_row
from codesign.control.sensors import senses_of


@dataclass(frozen=True)
class MlpSizes:
    """Sizes of a network's kernels.

    Attributes:
        hidden: units of the hidden layer.
        sines: sine inputs.
        row: masses or springs in a row.
        sensors: what is sensed of every mass, in the order of `sensors()`.
    """

    hidden: int
    sines: int
    row: int
    sensors: tuple[str, ...] = ("position", "velocity")

    @property
    def units(self) -> int:
        """Hidden units, padding included."""
        return padded_units(self.hidden, self.row)

    @property
    def stride(self) -> int:
        """Distance from the weights of a row to those of the next one, counted in rows."""
        return weights_of_a_row(self.units, self.row)

    @property
    def clock(self) -> int:
        """Inputs that depend on time alone, sines and two ones, padding included."""
        return -(-(self.sines + 2) // self.row) * self.row

    @property
    def position(self) -> bool:
        """Whether positions are inputs."""
        return "position" in self.sensors

    @property
    def velocity(self) -> bool:
        """Whether velocities are inputs."""
        return "velocity" in self.sensors

    @property
    def motions(self) -> int:
        """Of positions and velocities, how many are inputs."""
        return self.position + self.velocity

    @property
    def senses(self) -> int:
        """Inputs of every mass that the simulator feels for it."""
        return len(senses_of(self.sensors))

    def features(self, dimension: int) -> int:
        """Return the inputs of every mass."""
        return dimension * self.motions + self.senses

    def inputs(self, dimension: int, padded_masses: np.ndarray) -> np.ndarray:
        """Return the number of inputs, padding included."""
        return self.features(dimension) * padded_masses + self.clock
