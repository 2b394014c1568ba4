"""Several starts of a design: the best learns on, the others cost nothing more, and it is as if it had been alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.train import LEARNERS, Learner, LearningStatus, Normalized, learn
from tests.train.quadratic import Quadratic

ITERATIONS, STARTS = 8, 3
GOALS = [np.full(size, 4.0) for size in (2, 2, 2, 33, 33, 33)]
FIRST = [np.full(len(goal), value) for goal, value in zip(GOALS, (0.0, 2.0, 1.0, 3.0, 0.0, -1.0), strict=True)]
"""Of the first design the second start is the best, of the other one the first."""


@pytest.fixture(params=sorted(LEARNERS))
def learner(request: pytest.FixtureRequest) -> Learner:
    return LEARNERS[request.param](
        iterations=ITERATIONS, loss_limit=np.inf, restarts=STARTS - 1, restart_iterations=3, racing=0
    )


def parts(flat: np.ndarray) -> list[np.ndarray]:
    return np.split(flat, np.cumsum([len(goal) for goal in GOALS])[:-1])


def started(learner: Learner, **settings: Any) -> Any:
    return learn(Quadratic(GOALS, **settings), learner, np.concatenate(FIRST), starts=STARTS)


def test_the_best_start_learns_on_as_if_it_were_alone(learner: Learner) -> None:
    problem = Quadratic(GOALS)
    found = learn(problem, learner, np.concatenate(FIRST), starts=STARTS)
    assert found.winners.tolist() == [1, 3]
    for winner in found.winners.tolist():
        alone = learn(Quadratic([GOALS[winner]]), learner, FIRST[winner])
        np.testing.assert_array_equal(found.curves[winner], alone.curves[0])
        np.testing.assert_array_equal(parts(found.best_weights)[winner], alone.best_weights)
        assert found.measures["twice"][winner] == alone.measures["twice"][0]
    others = np.array([0, 2, 4, 5])
    assert np.isfinite(found.curves[others, :4]).all()
    assert np.isnan(found.curves[others, 4:]).all()
    assert np.isnan(found.measures["twice"][others]).all()
    assert np.isnan(found.world_losses[others]).all()
    assert problem.active.tolist() == [1, 3]


def test_only_what_is_simulated_is_counted(learner: Learner) -> None:
    problem = Quadratic(GOALS)
    found = learn(problem, learner, np.concatenate(FIRST), starts=STARTS)
    assert found.episodes == problem.simulated == 4 * (3 + 1) + 2 * (ITERATIONS + 2)
    to_the_end = Quadratic(GOALS)
    full = learn(to_the_end, replace(learner, restart_iterations=None), np.concatenate(FIRST), starts=STARTS)
    assert full.episodes == to_the_end.simulated == 6 * (ITERATIONS + 1) + 2


def test_without_a_decision_all_learn_and_the_best_stands(learner: Learner) -> None:
    found = started(replace(learner, restart_iterations=None))
    free = learn(Quadratic(GOALS), learner, np.concatenate(FIRST))
    np.testing.assert_array_equal(found.curves, free.curves)
    assert found.winners.tolist() == [free.best_loss[:3].argmin(), 3 + free.best_loss[3:].argmin()]
    assert (found.status == LearningStatus.OK).all()


def test_without_a_step_the_best_first_weights_stand(learner: Learner) -> None:
    found = started(replace(learner, iterations=0, restart_iterations=None))
    assert found.winners.tolist() == [1, 3]
    assert found.episodes == 6
    assert found.measures["twice"][1] == 2 * found.best_loss[1]


@pytest.mark.parametrize(("rule", "winner"), [("keep_best", 1), ("invalid", 2)])
def test_a_start_that_does_not_count_does_not_win(rule: str, winner: int) -> None:
    def disturb(world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return (np.nan if world == 1 and episode == 2 else loss), gradient

    learner = Normalized(
        iterations=ITERATIONS, loss_limit=np.inf, restarts=2, restart_iterations=3, unsound=rule, step_length=0.01
    )
    assert started(learner, disturb=disturb).winners.tolist() == [winner, 3]


def test_racing_may_stop_the_best_start_too(learner: Learner) -> None:
    limits = np.full(ITERATIONS, np.inf)
    limits[1] = -1e30
    found = learn(Quadratic(GOALS), learner, np.concatenate(FIRST), limits, starts=STARTS)
    assert (found.status == LearningStatus.STOPPED).all()
    assert found.winners.tolist() == [1, 3]
    assert found.episodes == 6 * 2 + 2 * 1 + 0


@pytest.mark.parametrize("name", sorted(LEARNERS))
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("restarts", value) for value in (-1, 1.5, True, None)),
        *((name, value) for name in ("restart_iterations", "later_restarts") for value in (-1, 1.5, True)),
    ],
)
def test_settings_of_starts_out_of_range(name: str, setting: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^expected {setting} to be a whole number"):
        LEARNERS[name](**{setting: value})
