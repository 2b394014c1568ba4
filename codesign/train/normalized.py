"""Steps of one length along each controller's own gradient."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.checks import require_number
from codesign.train.batch import Batch
from codesign.train.kernels import exact_module
from codesign.train.learner import Learner, Step
from codesign.train.status import LearningStatus

_OK = wp.constant(int(LearningStatus.OK))


@dataclass(frozen=True)
class Normalized(Learner):
    """Steepest descent by steps of one length: `p -= step_length * g / (|g| + epsilon)` (Strgar et al. 2024).

    The length of a gradient says little about how far to go: over a long episode with contacts it varies by many orders
    of magnitude between bodies, while its direction is worth following.

    Attributes:
        step_length: length of a step in the space of one controller's parameters.
        epsilon: added to the length of the gradient, by which the step is divided. A controller whose gradient is
            much shorter than this moves by less than `step_length`.
        later_step_length: `step_length` of designs of generation 1 and later; None for the same as in the first.

    Raises:
        ConfigError: a setting is of the wrong type or out of range.
    """

    name: str = "normalized"
    step_length: float = 0.2
    epsilon: float = 1e-6
    later_step_length: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "step_length", above=0.0, example=0.2)
        require_number(self, "epsilon", above=0.0, example=1e-6)
        require_number(self, "later_step_length", above=0.0, optional=True, example=0.8)

    def bind(self, batch: Batch) -> Step:
        """Return the step on `batch`; it needs no memory of its own."""
        kernel = _step_kernel(batch.real)
        length, epsilon = wp.float64(self.step_length), wp.float64(self.epsilon)

        def step() -> None:
            batch.launch(
                kernel, length, epsilon, batch.offsets, batch.status, batch.norm, batch.gradient, batch.parameters
            )

        return step


@cache
def _step_kernel(real: Any) -> Any:
    @wp.kernel(module=exact_module("codesign.train.normalized", real))
    def step(
        # In:
        threads: int,
        step_length: wp.float64,
        epsilon: wp.float64,
        offsets: wp.array(dtype=wp.int32),
        status: wp.array(dtype=wp.int32),
        norm: wp.array(dtype=wp.float64),
        gradient: wp.array(dtype=real),
        # Out:
        parameters: wp.array(dtype=real),
    ):
        controller, thread = wp.tid()
        if status[controller] == _OK:
            # In float64, because a float32 factor would vanish beside a huge gradient.
            factor = step_length / (norm[controller] + epsilon)
            for index in range(offsets[controller] + thread, offsets[controller + 1], threads):
                parameters[index] = real(wp.float64(parameters[index]) - factor * wp.float64(gradient[index]))

    return step
