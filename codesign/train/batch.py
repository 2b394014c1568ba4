"""What learners work on: the parameters of many controllers, one after the other, and what is known of each."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import warp as wp

PARTIAL_SUMS = 32
"""Number of partial sums that a sum over a controller's parameters is made of; the i-th takes every 32nd parameter,
from the i-th on.

The number is the same on every device, so that sums over a controller are added up in the same order everywhere. On a
GPU each has a thread; on a CPU one thread makes all of them together, because neighbouring parameters lie side by side.
"""


class LearningProblem(Protocol):
    """What learning needs of a simulator: a loss per controller, and its gradient in the controller's parameters.

    Parameters are a controller's weights as kernels want them, padding included. Padding has no gradient.
    """

    @property
    def controllers(self) -> int:
        """Number of controllers."""
        ...

    @property
    def world_start(self) -> np.ndarray:
        """First world of each controller and the end of the last, shape (controllers + 1,)."""
        ...

    @property
    def parameter_offsets(self) -> wp.array:
        """First parameter of each controller and the end of the last, int32, shape (controllers + 1,)."""
        ...

    @property
    def parameters(self) -> wp.array:
        """Parameters of all controllers, flat, of the simulator's precision, on its device."""
        ...

    @property
    def gradient(self) -> wp.array:
        """What each controller learns by, like `parameters`; written by `reverse`.

        The derivative of its loss in its parameters. Where a controller has several worlds and its loss is not their
        mean, it may be the mean of the derivatives of the losses in all of them instead: `Aggregation.gradient` says.
        """
        ...

    @property
    def loss(self) -> wp.array:
        """Loss of each controller, shape (controllers,); written by `forward`."""
        ...

    @property
    def world_losses(self) -> wp.array:
        """Loss in each world, shape (worlds,); written by `forward`."""
        ...

    @property
    def simulations(self) -> int:
        """Simulations of a controller in all its worlds that the next differentiable `forward` takes."""
        ...

    def load(self, weights: np.ndarray) -> None:
        """Set the parameters by the weights of all controllers, flat, without padding."""
        ...

    def weights(self, parameters: wp.array | None = None, controllers: np.ndarray | None = None) -> np.ndarray:
        """Return an array that lies like the parameters as weights, float64, flat, without padding.

        Args:
            parameters: these of the problem if not given.
            controllers: indices of those whose weights are wanted, one after the other; all if not given.
        """
        ...

    def set_active(self, controllers: np.ndarray) -> None:
        """Simulate and differentiate only some controllers from now on, by index; the others keep their losses."""
        ...

    def heed(self, stalled: np.ndarray, unusable: np.ndarray) -> bool:
        """Be told how learning goes.

        Args:
            stalled: which controllers gain nothing by their gradients, bool, shape (controllers,).
            unusable: whose last gradient was zero or not finite, bool, shape (controllers,).

        Returns:
            Whether others are simulated from now on than before.
        """
        ...

    def forward(self, *, measure: bool = False, differentiable: bool = True, actuated: bool = True) -> None:
        """Simulate the active controllers, at first all.

        Args:
            measure: whether to measure how bodies move as well.
            differentiable: whether `reverse` may follow; otherwise nothing is simulated for its sake.
            actuated: whether controllers move anything; always where `reverse` may follow.
        """
        ...

    def reverse(self) -> None:
        """Differentiate the episode that was simulated last, with `differentiable`."""
        ...

    def measures(self) -> dict[str, np.ndarray]:
        """Return further numbers about the episode that was simulated last, each float64, shape (worlds,)."""
        ...


@dataclass(frozen=True)
class Batch:
    """The arrays that kernels of learning share; all on one device.

    Attributes:
        controllers: number of controllers.
        offsets: first parameter of each and the end of the last, int32, shape (controllers + 1,).
        parameters, gradient: flat arrays of one precision.
        status: `LearningStatus` of each, int32; only those that are OK take steps.
        norm: length of each one's gradient, float64, shape (controllers,).
        iteration: steps taken so far, int32, shape (1,); counted on the device, so that what is launched in every
            iteration is the same.
    """

    controllers: int
    offsets: wp.array
    parameters: wp.array
    gradient: wp.array
    status: wp.array
    norm: wp.array
    iteration: wp.array

    @classmethod
    def of(cls, problem: LearningProblem) -> "Batch":
        """Return the batch of a problem's controllers, all of them OK."""
        device = problem.parameters.device
        return cls(
            problem.controllers,
            problem.parameter_offsets,
            problem.parameters,
            problem.gradient,
            wp.zeros(problem.controllers, dtype=wp.int32, device=device),
            wp.zeros(problem.controllers, dtype=wp.float64, device=device),
            wp.zeros(1, dtype=wp.int32, device=device),
        )

    @property
    def real(self) -> Any:
        """Warp's scalar type of the parameters."""
        return self.parameters.dtype

    def launch(self, kernel: wp.Kernel, *arguments: Any, parameters: bool = True) -> None:
        """Run a kernel over the controllers.

        Args:
            kernel: what to run.
            arguments: its arguments.
            parameters: whether it goes through the parameters of each controller; then its first argument, before
                those given here, is the number of threads that share a controller.
        """
        device = wp.get_device(self.parameters.device)
        if not parameters:
            wp.launch(kernel, dim=self.controllers, inputs=list(arguments), device=device)
            return
        threads = PARTIAL_SUMS if device.is_cuda else 1
        wp.launch(kernel, dim=(self.controllers, threads), inputs=[threads, *arguments], device=device)
