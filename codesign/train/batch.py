"""What learners work on: the parameters of many worlds, one after the other, and what is known of each world."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import warp as wp

LANES = 32
"""Sums that a world's are made of; lane i takes every 32nd parameter, from the i-th on.

The number is the same on every device, so that sums over a world are added up in the same order everywhere. On a GPU a
lane is a thread; on a CPU one thread goes through all lanes together, because neighbours lie side by side.
"""


class Simulator(Protocol):
    """What learning needs of a simulator: a loss per world, and its gradient in the world's parameters.

    Parameters are a world's weights as kernels want them, padding included. Padding has no gradient.
    """

    @property
    def worlds(self) -> int:
        """Number of worlds."""
        ...

    @property
    def parameter_offsets(self) -> wp.array:
        """First parameter of each world and the end of the last, int32, shape (worlds + 1,)."""
        ...

    @property
    def parameters(self) -> wp.array:
        """Parameters of all worlds, flat, of the simulator's precision, on its device."""
        ...

    @property
    def gradient(self) -> wp.array:
        """Derivative of each world's loss in its parameters, like `parameters`; written by `reverse`."""
        ...

    @property
    def loss(self) -> wp.array:
        """Loss of each world, shape (worlds,); written by `forward`."""
        ...

    def load(self, weights: np.ndarray) -> None:
        """Set the parameters by the weights of all worlds, flat, without padding."""
        ...

    def weights(self, parameters: wp.array | None = None) -> np.ndarray:
        """Return an array that lies like the parameters as weights, float64, flat, without padding."""
        ...

    def attend(self, worlds: np.ndarray) -> None:
        """Simulate and differentiate only some worlds from now on, by their indices; the others keep their losses."""
        ...

    def forward(self) -> None:
        """Simulate the worlds that are attended to, at first all of them."""
        ...

    def reverse(self) -> None:
        """Differentiate the episode that was simulated last."""
        ...

    def measures(self) -> dict[str, np.ndarray]:
        """Return further numbers about the episode that was simulated last, each float64, shape (worlds,)."""
        ...


@dataclass(frozen=True)
class Batch:
    """The arrays that kernels of learning share; all on one device.

    Attributes:
        worlds: number of worlds.
        offsets: first parameter of each world and the end of the last, int32, shape (worlds + 1,).
        parameters, gradient: flat arrays of one precision.
        status: `WorldStatus` of each world, int32; only worlds that are OK take steps.
        norm: length of each world's gradient, float64, shape (worlds,).
        iteration: steps taken so far, int32, shape (1,); counted on the device, so that what is launched in every
            iteration is the same.
    """

    worlds: int
    offsets: wp.array
    parameters: wp.array
    gradient: wp.array
    status: wp.array
    norm: wp.array
    iteration: wp.array

    @classmethod
    def of(cls, simulator: Simulator) -> "Batch":
        """Return the batch of a simulator's worlds, all of them OK."""
        device = simulator.parameters.device
        return cls(
            simulator.worlds,
            simulator.parameter_offsets,
            simulator.parameters,
            simulator.gradient,
            wp.zeros(simulator.worlds, dtype=wp.int32, device=device),
            wp.zeros(simulator.worlds, dtype=wp.float64, device=device),
            wp.zeros(1, dtype=wp.int32, device=device),
        )

    @property
    def real(self) -> Any:
        """Warp's scalar type of the parameters."""
        return self.parameters.dtype

    def launch(self, kernel: wp.Kernel, *arguments: Any, lanes: bool = True) -> None:
        """Run a kernel over the worlds; with lanes, its first argument is how many threads share a world."""
        device = wp.get_device(self.parameters.device)
        if not lanes:
            wp.launch(kernel, dim=self.worlds, inputs=list(arguments), device=device)
            return
        threads = LANES if device.is_cuda else 1
        wp.launch(kernel, dim=(self.worlds, threads), inputs=[threads, *arguments], device=device)
