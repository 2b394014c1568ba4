"""Learner `sign_descent`: every weight goes one step of the same length against the sign of its gradient.

A gradient that is a million times too long because of one hard landing makes no longer a step than any other.

Try it in this folder:

    from codesign.testing import check_learner
    from sign_descent import SignDescent

    check_learner(SignDescent(iterations=10))
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.checks import require_number
from codesign.plugins import register
from codesign.train import Batch, Learner, LearningStatus, Step, exact_module

OK = wp.constant(int(LearningStatus.OK))


@dataclass(frozen=True)
class SignDescent(Learner):
    """Steepest descent in the largest component: `p -= step * sign(g)`.

    Attributes:
        step: what every weight changes by.
    """

    name: str = "sign_descent"
    step: float = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "step", above=0.0, example=0.02)

    def bind(self, batch: Batch) -> Step:
        """Return the step on `batch`."""
        kernel, length = step_kernel(batch.real), batch.real(self.step)
        return lambda: batch.launch(kernel, length, batch.offsets, batch.status, batch.gradient, batch.parameters)


@cache
def step_kernel(real: Any) -> Any:
    """Return the kernel for parameters of type `real`; threads share the parameters of a controller."""

    @wp.kernel(module=exact_module("sign_descent", real))
    def step(
        threads: int,
        length: real,
        offsets: wp.array(dtype=wp.int32),
        status: wp.array(dtype=wp.int32),
        gradient: wp.array(dtype=real),
        parameters: wp.array(dtype=real),
    ):
        controller, thread = wp.tid()
        if status[controller] == OK:
            for index in range(offsets[controller] + thread, offsets[controller + 1], threads):
                if gradient[index] != real(0.0):  # padding has none, and Warp's sign of 0 is 1
                    parameters[index] = parameters[index] - length * wp.sign(gradient[index])

    return step


register("learner", SignDescent)
