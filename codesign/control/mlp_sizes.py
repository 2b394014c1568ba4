"""How large a small neural network is, and how its numbers are laid out."""

from dataclasses import dataclass

import numpy as np

from codesign.control.layer import padded_units, weights_of_a_row


@dataclass(frozen=True)
class MlpSizes:
    """Sizes of a network's kernels.

    Attributes:
        hidden: units of the hidden layer.
        sines: sine inputs.
        row: masses or springs in a row.
    """

    hidden: int
    sines: int
    row: int

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

    def inputs(self, dimension: int, padded_masses: np.ndarray) -> np.ndarray:
        """Return the number of inputs, padding included."""
        return 2 * dimension * padded_masses + self.clock
