"""Memory that the simulator does not set to zero is written before it is read: whatever lay in it changes no bit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.control import CONTROLLERS
from codesign.sim import Simulator
from tests.sim.worlds import Case, tasks_in


@contextmanager
def remains(value: float) -> Iterator[None]:
    """Let new memory be full of a number, as that of who had it before may be."""
    empty = wp.empty

    def full(*arguments: Any, **settings: Any) -> wp.array:
        made = empty(*arguments, **settings)
        kind = made.dtype
        scalar = getattr(kind, "_wp_scalar_type_", kind)
        size = made.size * getattr(kind, "_length_", 1)
        flat = wp.array(ptr=made.ptr, dtype=scalar, shape=size, device=made.device, capacity=made.capacity)
        flat.fill_(value if scalar in (wp.float32, wp.float64) else 1234567)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wp, "empty", full)
        yield


def learned(simulator: Simulator, weights: np.ndarray) -> list[np.ndarray]:
    simulator.load(weights)
    simulator.forward(measure=True)
    simulator.reverse()
    measures = [values for _, values in sorted(simulator.measures().items())]
    found = [simulator.loss.numpy(), simulator.gradient.numpy(), *simulator.physical_gradients().values(), *measures]
    return [np.array(each) for each in found]


@pytest.mark.parametrize("row", [1, 8])
@pytest.mark.parametrize(
    ("dimension", "controller", "task"),
    [
        (2, "mlp", "walk"),
        (3, "shared", "light"),
        (3, "cpg_feedback", "turn"),
        (2, "wave", "balance"),
        (2, "sequence", "jump"),
        (2, "cpg", "walk_efficiently"),
        *(
            pytest.param(dimension, controller, task, marks=pytest.mark.slow)
            for dimension in (2, 3)
            for task, controller in zip(tasks_in(dimension), cycle(sorted(CONTROLLERS)), strict=False)
        ),
    ],
)
def test_what_memory_held_before_changes_nothing(
    dimension: int, controller: str, task: str, row: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codesign.sim.simulator.row_of", lambda _device, _precision: row)
    require_nothing_read(Case.of(controller=controller, task=task, dimension=dimension, steps=30))


@pytest.mark.parametrize("sensors", [(), ("velocity",), ("position", "height")])
@pytest.mark.parametrize("controller", ["mlp", "shared"])
def test_what_is_not_sensed_is_not_read(controller: str, sensors: tuple[str, ...]) -> None:
    case = Case.of(controller=controller, task="walk", steps=30)
    require_nothing_read(replace(case, controller=CONTROLLERS[controller](sensors=sensors)))


def require_nothing_read(case: Case) -> None:
    """Check that an episode and its gradient do not depend on what the memory held that they are given."""
    bodies = Bodies.of(case.assorted[:3])
    weights = case.weights(bodies)
    settings: dict[str, Any] = {"precision": "float32", "segment_steps": 7, "checkpoints": 2}
    usual = learned(case.simulator(bodies, **settings), weights)
    for value in (np.nan, 1e30):
        with remains(value):
            found = learned(case.simulator(bodies, **settings), weights)
        for one, other in zip(usual, found, strict=True):
            np.testing.assert_array_equal(one, other)
