"""The checks say what is wrong with functions, in words and before or instead of Warp's compiler."""

from dataclasses import dataclass
from typing import Any

import pytest
import warp as wp

from codesign.control import Parameter, SpringController, normal
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, SpringFunctions, TaskFunctions
from codesign.testing import check_controller, check_task
from tests.testing.refusals import refused


@dataclass(frozen=True)
class Low(Task):
    """Come low, right but for what each subclass does."""

    name: str = "low"
    weight: float = 2.0

    uses = ("lowest",)
    state = ("low",)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        state_of = types.task_state

        def update(state, observation):
            return state_of(observation.lowest)

        def loss(state):
            return state[0]

        return TaskFunctions(update, loss)


class Nameless(Low):
    """A name in brackets is not a tuple."""

    state: Any = "low"


class Unused(Low):
    """It reads what it does not use."""

    uses = ("centre",)


class Stateful(Low):
    """Its loss reads a number that is not kept."""

    def functions(self, types: KernelTypes) -> TaskFunctions:
        update = super().functions(types).update

        def loss(state):
            return state[2]

        return TaskFunctions(update, loss)


class Written(Low):
    """A setting is part of its kernels."""

    def functions(self, types: KernelTypes) -> TaskFunctions:
        update, weight = super().functions(types).update, types.real(self.weight)

        def loss(state):
            return state[0] * weight

        return TaskFunctions(update, loss)


class Indifferent(Low):
    """A loss that nothing changes."""

    def functions(self, types: KernelTypes) -> TaskFunctions:
        update, nothing = super().functions(types).update, types.real(0.0)

        def loss(state):
            return state[0] * nothing

        return TaskFunctions(update, loss)


@dataclass(frozen=True)
class Plain(SpringController):
    """A controller whose function has no decorator."""

    name: str = "plain"
    slope: float = 2.0

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        del dimension
        return (Parameter("drawn", normal(1.0)),)

    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        def drive(drawn):
            return types.scalar(drawn)

        return SpringFunctions(drive)


class Sloped(Plain):
    """A controller with a setting in its kernels."""

    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        real, scalar, slope = types.real, types.scalar, types.real(self.slope)

        @wp.func(module=types.module, inline=True)
        def drive(drawn: real) -> scalar:
            return scalar(slope * drawn)

        return SpringFunctions(drive)


@pytest.mark.parametrize(
    ("check", "broken", "reason"),
    [
        (check_task, Nameless(), "state as a tuple of names"),
        (check_task, Unused(), "`lowest` is not an attribute of 'observation'.*add it to `uses`"),
        (check_task, Stateful(), r"`loss` to read state\[0\] to state\[0\]"),
        (check_task, Written(), "`weight` in `loss`, which depends on the setting weight; .*parameters"),
        (check_task, Indifferent(), "depends on what the controller does"),
        (check_controller, Plain(), "decorator"),
        (check_controller, Sloped(), "`slope` in `drive`, which depends on the setting slope"),
    ],
)
def test_functions_are_refused_in_words(check: Any, broken: Any, reason: str) -> None:
    refused(check, broken, reason=reason)
