"""Learning that stops where there is a limit: what it costs, what is kept, and that nobody else feels it."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.train import LEARNERS, Learner, LearningResult, LearningStatus, Normalized, learn
from tests.train.quadratic import Quadratic

ITERATIONS = 12
GOALS = [np.full(size, 3.0 + size) for size in (1, 31, 32, 33, 64)]
START = np.concatenate([np.zeros(len(goal)) for goal in GOALS])


@pytest.fixture(params=sorted(LEARNERS))
def learner(request: pytest.FixtureRequest) -> Learner:
    return LEARNERS[request.param](iterations=ITERATIONS, loss_limit=np.inf)


def limits(at: dict[int, float]) -> np.ndarray:
    found = np.full(ITERATIONS, np.inf)
    for steps, limit in at.items():
        found[steps] = limit
    return found


def between(losses: np.ndarray, behind: int) -> float:
    """Return a limit that exactly `behind` of the worlds are above."""
    ordered = np.sort(losses)[::-1]
    return float(ordered[behind - 1] + ordered[behind]) / 2


def parts(flat: np.ndarray) -> list[np.ndarray]:
    return np.split(flat, np.cumsum([len(goal) for goal in GOALS])[:-1])


def raced(learner: Learner, precision: str = "float64") -> tuple[Quadratic, LearningResult, LearningResult]:
    """Return worlds of which two stop after 3 steps and one after 6, what they learned, and that without limits."""
    free = learn(Quadratic(GOALS, precision), learner, START)
    worlds = Quadratic(GOALS, precision)
    at = {3: between(free.curves[:, 3], 2), 6: between(free.curves[:, 6], 3)}
    return worlds, learn(worlds, learner, START, limits(at)), free


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_world_that_is_behind_keeps_what_it_reached(learner: Learner, precision: str) -> None:
    _, learned, free = raced(learner, precision)
    order = np.argsort(-free.curves[:, 3])
    steps = np.full(len(GOALS), ITERATIONS)
    steps[order[:2]], steps[order[2]] = 3, 6
    expected = np.where(steps < ITERATIONS, LearningStatus.STOPPED, LearningStatus.OK)
    np.testing.assert_array_equal(learned.status, expected)
    for world, last in enumerate(steps.tolist()):
        known = free.curves[world, : last + 1]
        np.testing.assert_array_equal(learned.curves[world, : last + 1], known)
        assert np.isnan(learned.curves[world, last + 1 :]).all()
        assert learned.best_iteration[world] == np.argmin(known)
        assert learned.best_loss[world] == -learned.fitness[world] == known.min()
        assert learned.measures["twice"][world] == 2 * known.min()
        best = type(learner)(iterations=last, loss_limit=np.inf)
        alone = learn(Quadratic([GOALS[world]], precision), best, np.zeros(len(GOALS[world])))
        np.testing.assert_array_equal(parts(learned.best_weights)[world], alone.best_weights)


def test_a_world_that_stopped_costs_nothing(learner: Learner) -> None:
    worlds, learned, free = raced(learner)
    # An episode before the first step and one after each, and one with the best.
    assert learned.episodes == worlds.simulated == 2 * (4 + 1) + (7 + 1) + 2 * (ITERATIONS + 2)
    assert free.episodes == len(GOALS) * (ITERATIONS + 2)
    assert worlds.active.tolist() == list(range(len(GOALS)))


def test_limits_that_nobody_is_above_change_nothing(learner: Learner) -> None:
    free = learn(Quadratic(GOALS), learner, START)
    for at in ({}, {3: free.curves[:, 3].max(), 7: 1e30}):
        learned = learn(Quadratic(GOALS), learner, START, limits(at))
        for field in ("curves", "best_loss", "best_iteration", "best_weights", "status", "episodes"):
            np.testing.assert_array_equal(getattr(learned, field), getattr(free, field), err_msg=field)


def test_all_may_stop(learner: Learner) -> None:
    worlds = Quadratic(GOALS)
    learned = learn(worlds, learner, START, limits({0: -1e30}))
    assert (learned.status == LearningStatus.STOPPED).all()
    assert learned.episodes == worlds.simulated == 2 * len(GOALS)
    np.testing.assert_array_equal(learned.best_weights, START)
    np.testing.assert_array_equal(np.isnan(learned.curves), np.arange(ITERATIONS + 1)[None] > np.zeros((len(GOALS), 1)))


def test_a_loss_was_better_before() -> None:
    def disturb(_world: int, episode: int, _loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return (0.1 if episode == 1 else 0.3), gradient

    learned = learn(
        Quadratic([np.ones(3)], disturb=disturb), Normalized(iterations=4), np.zeros(3), limits({3: 0.2})[:4]
    )
    assert learned.status.tolist() == [LearningStatus.OK]


def test_what_is_over_anyway_keeps_its_status_and_costs_nothing_more(learner: Learner) -> None:
    def disturb(world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return (np.nan if world == 1 and episode == 2 else loss), gradient * (world != 3)

    free = learn(Quadratic(GOALS, disturb=disturb), learner, START)
    worlds = Quadratic(GOALS, disturb=disturb)
    learned = learn(worlds, learner, START, limits({4: 1e30}))
    assert learned.status.tolist() == free.status.tolist()
    assert learned.status[[1, 3]].tolist() == [LearningStatus.NOT_FINITE, LearningStatus.ZERO_GRADIENT]
    # A world that stands still has the same loss whether it is simulated or not.
    np.testing.assert_array_equal(learned.curves, free.curves)
    assert learned.episodes == 2 * (5 + 1) + 3 * (ITERATIONS + 2)
    behind = learn(Quadratic(GOALS, disturb=disturb), learner, START, limits({4: -1e30}))
    over = np.array([False, True, False, True, False])
    np.testing.assert_array_equal(behind.status, np.where(over, free.status, LearningStatus.STOPPED))


@pytest.mark.parametrize(
    ("iterations", "racing", "rungs"),
    [(35, 0, ()), (7, 1, (1, 2, 3, 4, 5, 6)), (7, 2, (2, 4, 6)), (6, 2, (2, 4)), (3, 4, ()), (0, 4, ())],
)
def test_rungs_come_at_a_steady_rate(iterations: int, racing: int, rungs: tuple[int, ...]) -> None:
    assert Normalized(iterations=iterations, racing=racing).rungs == rungs


@pytest.mark.parametrize("name", sorted(LEARNERS))
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("racing", value) for value in (-1, 1.5, True, "much", None)),
        *(("racing_chance", value) for value in (-0.1, 1.1, float("nan"), True, "much", None)),
    ],
)
def test_settings_of_a_race_out_of_range(name: str, setting: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^expected {setting} to be "):
        LEARNERS[name](**{setting: value})
