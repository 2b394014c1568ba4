"""Smoothed gradients on losses that are known in closed form: expectation, variances, copies, and what is counted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.errors import ConfigError
from codesign.streams import Draws, Purpose, generation_keys
from codesign.train import LEARNERS, Adam, Learner, LearningStatus, Normalized, SmoothedProblem, learn
from tests.train.quadratic import Quadratic

SIZES = (5, 32, 33)
GOALS = [np.linspace(-1.0, 1.0, size) for size in SIZES]
START = np.concatenate([goal + 0.3 for goal in GOALS])
KEYS = generation_keys(0, 0, len(SIZES), Purpose.SMOOTHING)
RADIUS = 0.5
BLENDED = Normalized(iterations=6, estimator="blended", samples=4, radius=RADIUS, loss_limit=np.inf)


class Copies(Quadratic):
    """Sets of the same worlds, as smoothing wants them; `disturb` is told worlds of all sets."""

    def __init__(self, goals: list[np.ndarray], copies: int, precision: str = "float64", **settings: Any) -> None:
        super().__init__(goals * copies, precision, **settings)
        self.weight_start = self.parameter_start
        self.bodies = self.goals

    def draw(self, keys: np.ndarray) -> None:
        raise NotImplementedError

    def draw_normal(self, keys: wp.array, controllers: wp.array) -> None:
        values = self.parameters.numpy()
        own = keys.numpy()
        for controller in controllers.numpy().tolist():
            first, end = self.parameter_start[controller], self.parameter_start[controller + 1]
            uniform = Draws(own[controller : controller + 1]).uniform(2 * (end - first))[0].reshape(2, -1)
            values[first:end] = np.sqrt(-2.0 * np.log1p(-uniform[0])) * np.cos(2.0 * np.pi * uniform[1])
        self.parameters.assign(values)

    def learned_losses(self) -> wp.array:
        return self.loss


def smoothed(learner: Learner, goals: list[np.ndarray] = GOALS, **settings: Any) -> SmoothedProblem:
    return SmoothedProblem(Copies(goals, learner.copies, **settings), learner, KEYS[: len(goals)])


def parts(flat: np.ndarray) -> list[np.ndarray]:
    return np.split(flat, np.cumsum(SIZES)[:-1])


def estimates(problem: SmoothedProblem, times: int) -> np.ndarray:
    """Return the gradients of so many estimates at the start, shape (times, weights)."""
    problem.load(START)
    found = []
    for _ in range(times):
        problem.forward()
        problem.reverse()
        found.append(problem.gradient.numpy().copy())
    return np.array(found)


def walls(height: float) -> Callable[..., Any]:
    """Return what makes of every loss a step of a height between weights, and of its gradient zero."""

    def disturb(_world: int, _episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        del loss
        return height * (gradient.sum() > 0.0), 0.0 * gradient

    return disturb


@pytest.mark.parametrize("estimator", ["smoothed", "blended"])
def test_the_expectation_is_the_gradient_of_the_smoothed_loss(estimator: str) -> None:
    # A quadratic's smoothed gradient is its gradient at the middle.
    learner = replace(BLENDED, estimator=estimator)
    found = estimates(smoothed(learner, scale=1.0), 400)
    expected = START - np.concatenate(GOALS)
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - expected) < 4.5 * error + 1e-12).all()
    assert (error < 0.5).all()
    assert (error > 0.0).all()


def test_losses_alone_see_a_step() -> None:
    learner = Normalized(estimator="smoothed", samples=8, radius=RADIUS, loss_limit=np.inf)
    problem = smoothed(learner, [np.zeros(32)], disturb=walls(2.0), scale=1.0)
    problem.load(np.zeros(32))
    found = []
    for _ in range(300):
        problem.forward()
        problem.reverse()
        found.append(problem.gradient.numpy().copy())
    # The smoothed step is height * Phi(sum / (deviation sqrt(weights))), with deviation = radius / sqrt(weights).
    slope = 2.0 / (np.sqrt(2.0 * np.pi) * RADIUS)
    error = np.std(found, axis=0) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - slope) < 4.5 * error).all()
    assert slope > 4.5 * error.max()


def test_shares_follow_from_measured_variances() -> None:
    noise = np.random.default_rng(0).normal(size=(10_000, max(SIZES)))

    def disturb(world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        if world % len(SIZES) == 1:
            gradient = gradient + 3.0 * noise[20 * world + episode, : len(gradient)]
        return loss, gradient * (1.0 if world % len(SIZES) else np.inf)

    problem = smoothed(replace(BLENDED, samples=6), scale=1.0, disturb=disturb)
    estimates(problem, 1)
    copies: Any = problem._copies  # pyright: ignore[reportPrivateUsage]
    weights = np.split(copies.parameters.numpy(), 7)
    losses = copies.loss.numpy().reshape(7, len(SIZES))
    shares = problem.first_order_shares.numpy()
    assert shares[0] == 0.0  # no gradient of the first is finite
    for world in (1, 2):
        own = [parts(each)[world] for each in weights]
        gradients = []
        for index in range(7):
            gradient = own[index] - GOALS[world]
            _, gradient = disturb(world + index * len(SIZES), 0, 0.0, gradient)
            gradients.append(gradient)
        changes = [(own[1 + pair] - own[4 + pair]) / 2.0 for pair in range(3)]
        slopes = [(losses[1 + pair, world] - losses[4 + pair, world]) / 2.0 for pair in range(3)]
        variance = RADIUS**2 / SIZES[world]
        zeroth = np.array([slope * change / variance for slope, change in zip(slopes, changes, strict=True)])
        first = np.array([(gradients[1 + pair] + gradients[4 + pair]) / 2.0 for pair in range(3)])
        spread = [values.var(axis=0, ddof=1).sum() for values in (first, zeroth)]
        explained = [np.sum(change * own_first) for change, own_first in zip(changes, first, strict=True)]
        bias = np.mean((np.array(slopes) - explained) ** 2) / variance
        share = spread[1] / 3.0 / (spread[0] / 3.0 + bias + spread[1] / 3.0)
        assert shares[world] == pytest.approx(share, rel=1e-9)
        expected = share * first.mean(axis=0) + (1.0 - share) * zeroth.mean(axis=0)
        np.testing.assert_allclose(parts(problem.gradient.numpy())[world], expected, rtol=1e-9, atol=1e-12)
    assert 0.05 < shares[1] < 0.99 < shares[2]
    # Without exact gradients that are finite, what losses say stands.
    assert np.isfinite(problem.gradient.numpy()).all()


@pytest.mark.parametrize("name", sorted(LEARNERS))
@pytest.mark.parametrize("settings", [{"estimator": "smoothed"}, {"estimator": "blended"}, {"patience": 2}])
def test_neighbours_change_no_bit(name: str, settings: dict[str, Any]) -> None:
    learner = LEARNERS[name](**{"iterations": 8, "estimator": "blended", "samples": 4, "loss_limit": np.inf} | settings)
    together = learn(smoothed(learner, precision="float32"), learner, START)
    for world, start in enumerate(parts(START)):
        alone = SmoothedProblem(Copies([GOALS[world]], learner.copies, "float32"), learner, KEYS[world : world + 1])
        learned = learn(alone, learner, start)
        np.testing.assert_array_equal(learned.curves[0], together.curves[world])
        np.testing.assert_array_equal(learned.best_weights, parts(together.best_weights)[world])


def test_the_reported_loss_is_that_of_the_weights_themselves() -> None:
    learned = learn(smoothed(BLENDED), BLENDED, START)
    for world, best in enumerate(parts(learned.best_weights)):
        away = best - GOALS[world]
        assert learned.best_loss[world] == pytest.approx(0.5e-3 * away @ away, rel=1e-12)
        assert learned.measures["twice"][world] == 2.0 * learned.best_loss[world]
    assert learned.world_losses.shape == (len(SIZES),)


@pytest.mark.parametrize("estimator", ["smoothed", "blended"])
def test_copies_are_counted(estimator: str) -> None:
    learner = replace(BLENDED, estimator=estimator)
    problem = smoothed(learner)
    learned = learn(problem, learner, START)
    copies: Any = problem._copies  # pyright: ignore[reportPrivateUsage]
    # The last losses, and the measures of the best, are of the weights themselves alone.
    assert learned.episodes == copies.simulated == len(SIZES) * (5 * learner.iterations + 2)
    assert copies.reverses == (learner.iterations if estimator == "blended" else 0)
    limits = np.full(learner.iterations, np.inf)
    limits[2] = np.sort(learned.curves[:, 2])[:2].mean()
    problem = smoothed(learner)
    raced = learn(problem, learner, START, limits)
    copies = problem._copies  # pyright: ignore[reportPrivateUsage]
    assert raced.status.tolist().count(LearningStatus.STOPPED) == 2
    assert raced.episodes == copies.simulated == 5 * (3 * 3 + 3) + 1 + 3
    left = int(np.argmax(raced.status != LearningStatus.STOPPED))
    np.testing.assert_array_equal(raced.curves[left], learned.curves[left])


def test_a_patient_learner_smooths_only_who_stalls() -> None:
    exact = Adam(iterations=20, rate=0.01, loss_limit=np.inf)
    learner = replace(exact, estimator="blended", samples=4, patience=3)

    def disturb(world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        # The gradients of copies point uphill, so that it shows where they are followed.
        return (loss + 0.01 * (episode > 4) if world % 3 == 1 else loss), gradient if world < 3 else -50.0 * gradient

    problem = smoothed(learner, disturb=disturb)
    learned = learn(problem, learner, START)
    copies: Any = problem._copies  # pyright: ignore[reportPrivateUsage]
    plain = learn(Quadratic(GOALS, disturb=disturb), exact, START)
    # The best loss of the second is that of episode 4; three steps later its copies are simulated.
    assert learned.best_iteration.tolist() == plain.best_iteration.tolist() == [20, 4, 20]
    assert learned.episodes == copies.simulated == 3 * 22 + 4 * (20 - 8)
    for world in (0, 2):
        np.testing.assert_array_equal(learned.curves[world], plain.curves[world])
    np.testing.assert_array_equal(learned.curves[1, :9], plain.curves[1, :9])
    assert (learned.curves[1, 9:] > plain.curves[1, 9:]).all()


def test_copies_that_explode_do_not_count() -> None:
    def disturb(world: int, _episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        # The first set of pairs explodes, and of the last world every set but its own.
        copy, own = divmod(world, len(SIZES))
        exploded = copy in (1, 3) if own < 2 else copy > 0
        return (np.nan if exploded else loss), (gradient * np.nan if exploded else gradient)

    problem = smoothed(replace(BLENDED, samples=6), disturb=disturb, scale=1.0)
    estimates(problem, 1)
    finite = [np.isfinite(own).all() for own in parts(problem.gradient.numpy())]
    assert finite == [True, True, False]
    learner = replace(BLENDED, samples=6)
    learned = learn(smoothed(learner, disturb=disturb), learner, START)
    assert learned.status.tolist() == [LearningStatus.OK, LearningStatus.OK, LearningStatus.NON_FINITE_GRADIENT]
    assert learned.best_iteration[2] == 0


def test_a_flat_loss_has_nothing_to_learn() -> None:
    def disturb(_world: int, _episode: int, _loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return 1.0, 0.0 * gradient

    for estimator in ("smoothed", "blended"):
        learner = replace(BLENDED, estimator=estimator)
        learned = learn(smoothed(learner, disturb=disturb), learner, START)
        assert (learned.status == LearningStatus.ZERO_GRADIENT).all()


def test_no_copies_where_nothing_is_learned() -> None:
    assert replace(BLENDED, iterations=0).copies == 1
    assert Normalized().copies == 1
    assert BLENDED.copies == 5
    with pytest.raises(ValueError, match="expected 5 copies of each controller; got 6 for 3 keys"):
        SmoothedProblem(Copies(GOALS, 2), BLENDED, KEYS)


@pytest.mark.parametrize("name", sorted(LEARNERS))
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"estimator": "rough"}, "expected estimator to be one of exact, smoothed, blended"),
        ({"estimator": None}, "expected estimator to be one of"),
        ({"samples": 3}, "an even number, as copies come in pairs; got 3"),
        ({"samples": 0}, "expected samples to be a whole number of at least 2"),
        ({"samples": 2.0}, "expected samples to be a whole number"),
        ({"estimator": "blended", "samples": 2}, "expected samples to be a whole number of at least 4"),
        *(({"radius": value}, "expected radius to be a number") for value in (0.0, -1.0, np.inf, np.nan, True, "far")),
        ({"patience": -1}, "expected patience to be a whole number"),
    ],
)
def test_bad_settings(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LEARNERS[name](**settings)


@pytest.mark.parametrize("patience", [0, 2])
def test_an_estimate_that_is_zero_by_chance_ends_nothing(patience: int) -> None:
    def disturb(world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        # Nothing is seen of the first slopes but that of the weights themselves, whose gradient is zero.
        return (100.0 if episode < 4 or (world >= 3 and episode < 6) else loss), 0.0 * gradient

    learner = replace(BLENDED, iterations=12, patience=patience)
    learned = learn(smoothed(learner, disturb=disturb, scale=1.0), learner, START)
    assert (learned.status == LearningStatus.OK).all()
    assert (learned.curves[:, :4] == 100.0).all()
    # Standing still, then learning.
    for world, own in enumerate(parts(learned.best_weights)):
        assert not np.array_equal(own, parts(START)[world])


def test_a_patient_learner_gives_up_where_losses_add_nothing() -> None:
    learner = Adam(iterations=30, rate=0.01, loss_limit=np.inf, estimator="blended", samples=4, patience=3)

    def disturb(_world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        # Nothing is better than episode 4, and gradients explain all differences between losses.
        return loss + 0.01 * (episode > 4), gradient

    problem = smoothed(learner, disturb=disturb)
    learned = learn(problem, learner, START)
    assert learned.best_iteration.tolist() == [4, 4, 4]
    # Smoothed for three steps, and no more.
    assert learned.episodes == 3 * (32 + 4 * 3)
