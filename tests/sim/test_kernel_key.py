"""Compiled kernels are never those of another class, name, number of kept values or set of senses."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.control import CONTROLLERS, Cpg, Mlp
from codesign.errors import ConfigError
from codesign.sim import Conditions, Execution, Physics, Simulator
from codesign.sim.kernel_key import kernel_key, stable_name
from codesign.sim.kernels import KernelTypes, TaskFunctions
from codesign.streams import Purpose, generation_keys
from codesign.tasks import TERRAINS, Flat, Hills, Jump, Rough, Walk
from tests.sim.bodies import strip
from tests.sim.worlds import bumps


@dataclass(frozen=True)
class WalkBackwards(Walk):
    """A task by inheritance: walk the other way."""

    def functions(self, types: KernelTypes) -> TaskFunctions:
        def loss(state):
            return state[1] - state[0]

        return replace(super().functions(types), loss=loss)


def episode(task: Any) -> Simulator:
    """Return a simulator of a body that does the task, after one episode."""
    bodies = Bodies.of([strip(3)])
    made = Simulator(bodies, Physics(steps=60), Cpg(), [Conditions(Flat(), task)], Execution(device="cpu", threads=1))
    made.draw(generation_keys(0, 0, 1, Purpose.CONTROLLER))
    made.forward()
    made.reverse()
    return made


@pytest.mark.parametrize("order", [(Walk(), WalkBackwards()), (WalkBackwards(), Walk())])
def test_a_subclass_has_its_own_loss(order: tuple[Any, Any]) -> None:
    one, other = (episode(task) for task in order)
    loss = one.loss.numpy()
    assert loss[0] != 0.0
    np.testing.assert_array_equal(other.loss.numpy(), -loss)
    np.testing.assert_allclose(other.gradient.numpy(), -one.gradient.numpy(), rtol=1e-5, atol=1e-9)


def test_a_name_decides_nothing() -> None:
    assert kernel_key(Walk(name="jump")) != kernel_key(Jump())
    assert kernel_key(Cpg(name="mlp")) != kernel_key(Mlp())


def redefined() -> type:
    """Return a new class each time, of the same qualified name, as a notebook does whose cell is run again."""

    class Again(Walk):
        def functions(self, types: KernelTypes) -> TaskFunctions:
            return super().functions(types)

    return Again


def test_classes_of_the_same_qualified_name_have_kernels_of_their_own() -> None:
    one, other = redefined()(), redefined()()
    assert kernel_key(one) != kernel_key(other)
    assert stable_name(kernel_key(one)) == stable_name(kernel_key(other))
    modules = {episode(task)._program.types.module for task in (one, other, one)}
    assert len(modules) == 2


def test_kernels_on_disk_are_found_by_what_they_do() -> None:
    """Another process may give the name of one class to another: Warp keeps kernels by the content of functions."""
    hashes = [
        wp.get_module(episode(task)._program.types.module).get_module_hash() for task in (Walk(), WalkBackwards())
    ]
    assert hashes[0] != hashes[1]


class Inherits(Mlp):
    """A network as it is."""


class OtherSizes(Mlp):
    """A network that changes what the inherited functions call."""

    def _sizes(self, row: int) -> Any:
        return super()._sizes(row)


class MoreState(Walk):
    """A task that keeps another number."""

    state = ("start", "place", "more")


class Effort(Walk):
    """A task that asks for the effort."""

    uses = ("centre", "effort")


class Touch(Cpg):
    """A controller that asks for a sense."""

    inputs = ("contact_mean",)


@pytest.mark.parametrize(
    ("parent", "child", "alike"),
    [
        (Mlp(), Inherits(), True),
        (Mlp(), OtherSizes(), False),
        (Mlp(hidden=8), Mlp(hidden=9), False),
        (Walk(), MoreState(), False),
        (Walk(), Effort(), False),
        (Cpg(), Touch(), False),
        (Hills(), Rough(), True),
        (Hills(), bumps(2), True),
        (Hills(), bumps(2, bisections=8), False),
        (Hills(), Flat(), False),
    ],
)
def test_what_is_shared(parent: Any, child: Any, alike: bool) -> None:
    assert (kernel_key(parent) == kernel_key(child)) == alike


def test_every_part_of_the_registries_is_told_apart() -> None:
    keys = [kernel_key(make()) for make in CONTROLLERS.values()]
    assert len(set(keys)) == len(keys)
    assert len({kernel_key(make()) for make in TERRAINS.values()}) == 3


def test_worlds_of_different_tasks_are_refused() -> None:
    worlds = [Conditions(Flat(), Walk()), Conditions(Flat(), WalkBackwards())]
    with pytest.raises(ConfigError, match="one kind"):
        Simulator(Bodies.of([strip(3)]), Physics(steps=10), Cpg(), worlds, Execution(device="cpu"))
