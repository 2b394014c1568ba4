"""Adam: steps scaled weight by weight."""

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
class Adam(Learner):
    """Adam (Kingma & Ba 2015, algorithm 1), each controller by itself.

    Attributes:
        rate: step of a weight whose gradient keeps its sign.
        beta1: share of the past in the mean of a weight's gradient, from 0 to below 1.
        beta2: share of the past in the mean of its square, from 0 to below 1.
        epsilon: added to the root of the mean square of a weight's gradient, by which its step is divided. A weight
            whose gradient is much smaller than this moves by less than `rate`.
        later_rate: `rate` of designs of generation 1 and later; None for the same as in the first.

    Raises:
        ConfigError: a setting is of the wrong type or out of range.
    """

    name: str = "adam"
    rate: float = 0.03
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    later_rate: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "rate", above=0.0, example=0.03)
        require_number(self, "beta1", at_least=0.0, below=1.0, example=0.9)
        require_number(self, "beta2", at_least=0.0, below=1.0, example=0.999)
        require_number(self, "epsilon", above=0.0, example=1e-8)
        require_number(self, "later_rate", above=0.0, optional=True, example=0.01)

    def bind(self, batch: Batch) -> Step:
        """Return the step on `batch`; it keeps two numbers for every parameter."""
        device = batch.parameters.device
        kernel = _step_kernel(batch.real)
        mean, root = wp.zeros_like(batch.parameters), wp.zeros_like(batch.parameters)
        settings = [wp.float64(value) for value in (self.beta1, self.beta2, self.epsilon)]

        # The means start at zero; these two undo that, for every step from the first on.
        steps = range(1, self.iterations + 1)
        rates = [self.rate / (1.0 - self.beta1**count) for count in steps]
        corrections = [(1.0 - self.beta2**count) ** -0.5 for count in steps]
        undo = [wp.array(values, dtype=wp.float64, device=device) for values in (rates, corrections)]
        fixed = (batch.offsets, batch.status, batch.gradient)

        def step() -> None:
            batch.launch(kernel, batch.iteration, *undo, *settings, *fixed, mean, root, batch.parameters)

        return step


@cache
def _step_kernel(real: Any) -> Any:
    module = exact_module("codesign.train.adam", real)

    @wp.func(module=module)
    def root_mean_square(root: wp.float64, now: wp.float64, past: wp.float64) -> wp.float64:
        # The root, not the square, is what is kept: squares of large gradients do not fit.
        scale = wp.max(root, wp.abs(now))
        if scale == wp.float64(0.0):
            return scale
        before = root / scale
        new = now / scale
        return scale * wp.sqrt(past * before * before + (wp.float64(1.0) - past) * new * new)

    @wp.kernel(module=module)
    def step(
        # In:
        threads: int,
        iteration: wp.array(dtype=wp.int32),
        rates: wp.array(dtype=wp.float64),
        corrections: wp.array(dtype=wp.float64),
        beta1: wp.float64,
        beta2: wp.float64,
        epsilon: wp.float64,
        offsets: wp.array(dtype=wp.int32),
        status: wp.array(dtype=wp.int32),
        gradient: wp.array(dtype=real),
        # In and out:
        mean: wp.array(dtype=real),
        root: wp.array(dtype=real),
        parameters: wp.array(dtype=real),
    ):
        controller, thread = wp.tid()
        if status[controller] == _OK:
            rate = rates[iteration[0]]
            correction = corrections[iteration[0]]
            for index in range(offsets[controller] + thread, offsets[controller + 1], threads):
                now = wp.float64(gradient[index])
                first = beta1 * wp.float64(mean[index]) + (wp.float64(1.0) - beta1) * now
                second = root_mean_square(wp.float64(root[index]), now, beta2)
                mean[index] = real(first)
                root[index] = real(second)
                change = rate * first / (second * correction + epsilon)
                parameters[index] = real(wp.float64(parameters[index]) - change)

    return step
