"""Learning by replayed launches: the same bits, on a CPU, where Warp records launches too."""

from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.train import LEARNERS, LearningResult, learn, repetition
from codesign.train.repetition import Repetition
from tests.sim.bodies import ASSORTED
from tests.sim.worlds import Case

BODIES = Bodies.of(ASSORTED[1:4])


@wp.kernel(enable_backward=False)
def add(amount: wp.array(dtype=wp.int32), total: wp.array(dtype=wp.int32)):  # pyright: ignore[reportInvalidTypeForm]
    total[0] = total[0] + amount[0]


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a CPU replay as a GPU does, and count captures and replays."""
    seen: list[str] = []

    class Capture(wp.ScopedCapture):
        def __enter__(self) -> Any:
            seen.append("capture")
            return super().__enter__()

    def launch(graph: Any) -> None:
        seen.append("replay")
        original(graph)

    original = wp.capture_launch
    monkeypatch.setattr(wp, "ScopedCapture", Capture)
    monkeypatch.setattr(wp, "capture_launch", launch)
    monkeypatch.setattr(repetition, "replays", lambda _device: True)
    return seen


def learned(name: str, precision: str = "float64") -> LearningResult:
    case = Case.of(steps=60)
    return learn(case.simulator(BODIES, precision=precision), LEARNERS[name](iterations=6), case.weights(BODIES))


@pytest.mark.parametrize("name", sorted(LEARNERS))
def test_replays_learn_the_same_bits(name: str, request: pytest.FixtureRequest) -> None:
    plain = learned(name)
    seen = request.getfixturevalue("replayed")
    again = learned(name)
    assert seen == ["capture"] + 5 * ["replay"]
    for field in ("curves", "best_loss", "best_iteration", "best_weights", "status"):
        np.testing.assert_array_equal(getattr(plain, field), getattr(again, field), err_msg=field)
    for curve in plain.curves:
        assert len(np.unique(curve)) == 7


def test_an_observer_is_called_in_every_iteration(replayed: list[str]) -> None:
    case, seen = Case.of(steps=60), []
    simulator = case.simulator(BODIES)
    learn(simulator, LEARNERS["normalized"](iterations=4), case.weights(BODIES), observe=lambda n, _: seen.append(n))
    assert seen == [0, 1, 2, 3, 4]
    assert replayed == []


def test_what_is_on_the_device_may_change(replayed: list[str]) -> None:
    amount, total = wp.array([1], dtype=wp.int32, device="cpu"), wp.zeros(1, dtype=wp.int32, device="cpu")
    work = Repetition(lambda: wp.launch(add, dim=1, inputs=[amount, total], device="cpu"), wp.get_device("cpu"))
    for _ in range(3):
        work.run()
    amount.assign([10])
    work.run()
    assert total.numpy()[0] == 13
    work.forget()
    work.run()
    assert total.numpy()[0] == 23
    assert replayed == ["capture", "replay", "replay", "replay", "capture", "replay"]


def test_a_cpu_does_the_work_itself() -> None:
    done: list[int] = []
    work = Repetition(lambda: done.append(1), wp.get_device("cpu"))
    for _ in range(3):
        work.run()
    assert done == [1, 1, 1]
