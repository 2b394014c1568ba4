"""The speed of runs that wait for no generation is that of what was simulated, however close generations end."""

from dataclasses import dataclass

import pytest

from codesign.evaluate import EvaluateDesigns, EvaluationSpec, Request
from codesign.evaluate.local import LocalEvaluator
from codesign.run import asynchronous
from codesign.run.speed import Speed, StreamSpeed
from tests.evaluate.fakes import quick
from tests.run.fakes import GENERATIONS, Quick, experiment, finished


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_generations_that_are_complete_together_have_the_speed_of_the_time_before() -> None:
    clock = Clock()
    speed = StreamSpeed(clock)
    clock.seconds += 4.0
    assert speed.completed(6, 8, 800) == Speed(2.0, 200.0)
    # What was simulated then is the next generation, too; nothing more was.
    assert speed.completed(6, 8, 800) == Speed(2.0, 200.0)
    clock.seconds += 1.0
    assert speed.completed(6, 14, 2000) == Speed(6.0, 1200.0)
    # One straggler is no generation: the time is that of the last six.
    clock.seconds += 1e-3
    assert speed.completed(6, 15, 2100).robots == pytest.approx(7.0 / 1.001)
    clock.seconds += 2.0
    assert speed.completed(6, 21, 2700).robots == pytest.approx(6.0 / 2.0)


@dataclass(frozen=True)
class Timed(Quick):
    """Evaluates a design in a second of a clock of its own."""

    clock: Clock | None = None

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = quick) -> LocalEvaluator:
        def timed(spec: EvaluationSpec, request: Request):
            assert self.clock is not None
            self.clock.seconds += len(request)
            return function(spec, request)

        return LocalEvaluator(spec, timed)


def test_a_run_tells_the_speed_of_its_evaluator(tmp_path, monkeypatch) -> None:
    clock = Clock()
    monkeypatch.setattr(asynchronous, "StreamSpeed", lambda: StreamSpeed(clock))
    rows = finished(tmp_path / "run", "steady_state", evaluator=Timed(clock=clock)).read_metrics()
    assert [row["robots_per_second"] for row in rows] == [1.0] * GENERATIONS
    (steps,) = {row["robot_steps"] for row in rows}
    assert [row["robot_steps_per_second"] for row in rows] == [round(steps / 6, 1)] * GENERATIONS


def test_a_generation_that_is_waited_for_has_its_own_speed(tmp_path) -> None:
    (row, *_) = finished(tmp_path / "run", experiment().search.name).read_metrics()
    assert row["robots_per_second"] == pytest.approx(row["robots"] / row["generation_seconds"], rel=0.02)
