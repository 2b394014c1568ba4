"""How large the network is that all muscles share, and how its numbers are laid out."""

from dataclasses import dataclass

import numpy as np

from codesign.control.layer import padded_units
from codesign.control.sensors import senses_of


@dataclass(frozen=True)
class SharedSizes:
    """Sizes of a network's kernels.

    Parameters are the weights of what a muscle senses as (unit, input), those of the clock as (input, unit), the last
    of them the hidden biases, then the weights and the bias of the output.

    Attributes:
        hidden: units of the hidden layer.
        sines: sine inputs.
        dimension: of space.
        row: springs in a row.
        sensors: what muscles sense besides their strain, in the order of `sensors()`.
    """

    hidden: int
    sines: int
    dimension: int
    row: int
    sensors: tuple[str, ...]

    @property
    def units(self) -> int:
        """Hidden units, padding included."""
        return padded_units(self.hidden, self.row)

    @property
    def clock(self) -> int:
        """Inputs that are the same for all muscles: sines and a one."""
        return self.sines + 1

    @property
    def offsets(self) -> dict[str, int]:
        """Where each sensor has its inputs among those of a muscle, behind the strain."""
        widths = {"position": 2 * self.dimension, "velocity": self.dimension, "light": 2}
        found, at = {}, 1
        for sensor in self.sensors:
            found[sensor] = at
            at += widths.get(sensor, 1)
        return found | {"end": at}

    @property
    def inputs(self) -> int:
        """Numbers that a muscle senses."""
        return self.offsets["end"]

    @property
    def padded_inputs(self) -> int:
        """The same with padding: where rows are vector registers, the gradient takes two at a time."""
        return self.inputs if self.row == 1 else -(-self.inputs // 2) * 2

    @property
    def senses(self) -> int:
        """Of the sensors, how many the simulator feels for every mass."""
        return len(senses_of(self.sensors))

    @property
    def lights(self) -> int:
        """Whether light is sensed, as a number: it is the first of the senses, and has a difference behind its mean."""
        return int("light" in self.sensors)

    @property
    def means(self) -> int:
        """Place of the mean of the first sense among the inputs of a muscle."""
        senses = senses_of(self.sensors)
        return self.offsets[senses[0]] if senses else 0

    @property
    def spare(self) -> int:
        """Rows that scratch has beyond the springs': lanes that read neighbouring ones need an odd distance."""
        return int(self.row == 1)

    @property
    def weights(self) -> int:
        """Weights of what a muscle senses, padding included."""
        return self.units * self.padded_inputs

    @property
    def second(self) -> int:
        """Where the weights of the output are among the parameters; its bias is behind them."""
        return self.weights + self.clock * self.units

    @property
    def sums(self) -> int:
        """Sums over springs and steps that are kept for the gradient: those weights, the output's, and its bias."""
        return self.weights + self.units + 1

    @property
    def parameters(self) -> int:
        """Parameters, padding included."""
        return self.second + self.units + self.row

    def scratch(self, padded_springs: np.ndarray, segment: int) -> dict[str, np.ndarray]:
        """Return the reals of scratch of each world by the name of their array, each shape (worlds,)."""
        springs = padded_springs + self.spare
        one = np.ones_like(springs)
        return {
            "input_rows": self.padded_inputs * springs,
            "hidden_rows": self.units * springs,
            "begin_rows": self.units * one,
            "sum_rows": self.row * self.sums * one,
            "passed_rows": self.units * segment * one,
        }
