"""Learning against textbook formulas in NumPy, and what it makes of worlds that misbehave."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.train import LEARNERS, Adam, Learner, LearningResult, LearningStatus, Normalized, learn
from tests.train.quadratic import Quadratic

ITERATIONS = 12
ROUNDING = {"float32": 2e-5, "float64": 1e-12}  # relative; a few dozen roundings of each precision


def normalized_steps(learner: Normalized, start: np.ndarray) -> Iterator[np.ndarray]:
    """Yield parameters; takes their gradient by `send`."""
    parameters = start
    while True:
        gradient = yield parameters
        parameters = parameters - learner.step_length * gradient / (np.linalg.norm(gradient) + learner.epsilon)


def adam_steps(learner: Adam, start: np.ndarray) -> Iterator[np.ndarray]:
    parameters, mean, square, count = start, np.zeros_like(start), np.zeros_like(start), 0
    while True:
        gradient = yield parameters
        count += 1
        mean = learner.beta1 * mean + (1 - learner.beta1) * gradient
        square = learner.beta2 * square + (1 - learner.beta2) * gradient**2
        unbiased, root = mean / (1 - learner.beta1**count), np.sqrt(square / (1 - learner.beta2**count))
        parameters = parameters - learner.rate * unbiased / (root + learner.epsilon)


TEXTBOOK: dict[str, Callable[..., Any]] = {"normalized": normalized_steps, "adam": adam_steps}


@pytest.fixture(params=sorted(LEARNERS))
def learner(request: pytest.FixtureRequest) -> Learner:
    return LEARNERS[request.param](iterations=ITERATIONS)


@pytest.fixture
def goals() -> list[np.ndarray]:
    """Worlds of 1 to 300 parameters: fewer than partial sums, a multiple of them, one more, and none at all."""
    generator = np.random.default_rng(1)
    return [generator.normal(size=size) for size in (1, 31, 32, 33, 0, 64, 300)]


def starts(goals: list[np.ndarray]) -> np.ndarray:
    generator = np.random.default_rng(2)
    return np.concatenate([goal + generator.normal(size=len(goal)) for goal in goals])


def parts(worlds: Quadratic, flat: np.ndarray) -> list[np.ndarray]:
    return np.split(flat, worlds.parameter_start[1:-1])


def assert_same_bits(one: LearningResult, other: LearningResult) -> None:
    for field in ("curves", "best_loss", "best_iteration", "best_weights", "status"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_every_world_follows_the_textbook(learner: Learner, goals: list[np.ndarray], precision: str) -> None:
    worlds = Quadratic(goals, precision)
    start = starts(goals)
    learned = learn(worlds, learner, start)
    for world, (goal, own) in enumerate(zip(goals, parts(worlds, start), strict=True)):
        steps = TEXTBOOK[learner.name](learner, own)
        visited = [next(steps)]
        for _ in range(ITERATIONS):
            visited.append(steps.send(worlds.scale * (visited[-1] - goal)))
        losses = [0.5 * worlds.scale * ((parameters - goal) ** 2).sum() for parameters in visited]
        np.testing.assert_allclose(learned.curves[world], losses, rtol=ROUNDING[precision], atol=1e-12)
        best = int(np.argmin(learned.curves[world]))
        assert learned.best_iteration[world] == best
        assert learned.best_loss[world] == learned.curves[world, best]
        found = parts(worlds, learned.best_weights)[world]
        np.testing.assert_allclose(found, visited[best], rtol=ROUNDING[precision], atol=ROUNDING[precision])
    assert (learned.status == LearningStatus.OK).all()
    np.testing.assert_array_equal(learned.fitness, -learned.best_loss)


def test_a_world_alone_learns_the_same_bits(learner: Learner, goals: list[np.ndarray]) -> None:
    def disturb(world: int, _episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return (np.nan if world == 1 else loss), (gradient * 1e30 if world == 3 else gradient)

    many = Quadratic(goals, "float32", disturb=disturb)
    start = starts(goals)
    together = learn(many, learner, start)
    for world in (0, 2, 5, 6):
        own = parts(many, start)[world]
        alone = learn(Quadratic([goals[world]], "float32"), learner, own)
        np.testing.assert_array_equal(alone.curves[0], together.curves[world])
        np.testing.assert_array_equal(alone.best_weights, parts(many, together.best_weights)[world])
    order = np.array([6, 3, 0, 5, 1, 4, 2])

    def disturb_permuted(world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return disturb(int(order[world]), episode, loss, gradient)

    permuted = Quadratic([goals[world] for world in order], "float32", disturb=disturb_permuted)
    shuffled = learn(permuted, learner, np.concatenate([parts(many, start)[world] for world in order]))
    np.testing.assert_array_equal(shuffled.curves, together.curves[order])
    np.testing.assert_array_equal(shuffled.status, together.status[order])


def test_the_best_weights_are_kept_and_measured(learner: Learner) -> None:
    def disturb(_world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        # The same loss twice and then a worse one: the first of the best is kept.
        return (0.2 if episode in {3, 4, ITERATIONS + 1} else 0.3), gradient

    worlds = Quadratic([np.zeros(40)], disturb=disturb)
    learned = learn(worlds, learner, np.ones(40))
    assert learned.best_iteration.tolist() == [3]
    assert learned.best_loss.tolist() == [0.2]
    assert learned.measures["twice"].tolist() == [0.4]
    steps = TEXTBOOK[learner.name](learner, np.ones(40))
    parameters = next(steps)
    for _ in range(3):
        parameters = steps.send(worlds.scale * parameters)
    np.testing.assert_allclose(learned.best_weights, parameters, rtol=1e-12)
    np.testing.assert_array_equal(worlds.parameters.numpy(), learned.best_weights)


def test_episodes_are_not_wasted(learner: Learner, goals: list[np.ndarray]) -> None:
    worlds = Quadratic(goals)
    learned = learn(worlds, learner, starts(goals))
    assert worlds.reverses == ITERATIONS
    assert worlds.episodes == ITERATIONS + 2  # one before learning, one after each step, one more with the best
    assert learned.curves.shape == (len(goals), ITERATIONS + 1)


def test_nothing_to_learn_is_an_evaluation(learner: Learner, goals: list[np.ndarray]) -> None:
    worlds = Quadratic(goals)
    learned = learn(worlds, replace(learner, iterations=0), starts(goals))
    assert worlds.reverses == 0
    assert learned.curves.shape == (len(goals), 1)
    np.testing.assert_array_equal(learned.best_weights, starts(goals))
    assert (learned.best_iteration == 0).all()
    # The one episode that tells the loss is also the one that is measured.
    assert worlds.episodes == 1
    assert worlds.measured == 1
    assert learned.episodes == worlds.simulated == len(goals)
    np.testing.assert_array_equal(learned.measures["twice"], 2 * learned.best_loss)


def test_an_observer_sees_the_whole_way_and_changes_nothing(learner: Learner, goals: list[np.ndarray]) -> None:
    worlds = Quadratic(goals)
    seen: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]] = []

    def observe(taken: int, problem: Any) -> None:
        seen.append((taken, problem.weights(), problem.loss.numpy().copy(), problem.weights(problem.gradient)))

    learned = learn(worlds, learner, starts(goals), observe=observe)
    assert_same_bits(learned, learn(Quadratic(goals), learner, starts(goals)))
    assert [taken for taken, *_ in seen] == list(range(ITERATIONS + 1))
    np.testing.assert_array_equal(seen[0][1], starts(goals))
    np.testing.assert_array_equal(np.stack([loss for _, _, loss, _ in seen], axis=1), learned.curves)
    for _, weights, _, gradient in seen[:-1]:
        np.testing.assert_allclose(gradient, worlds.scale * (weights - np.concatenate(goals)), rtol=1e-12)
    best = int(learned.best_iteration[6])
    np.testing.assert_array_equal(parts(worlds, seen[best][1])[6], parts(worlds, learned.best_weights)[6])


UNSOUND = {
    "nan": (np.nan, LearningStatus.NOT_FINITE),
    "inf": (np.inf, LearningStatus.NOT_FINITE),
    "-inf": (-np.inf, LearningStatus.NOT_FINITE),
    "above": (5.6, LearningStatus.BEYOND_LIMIT),
    "below": (-5.6, LearningStatus.BEYOND_LIMIT),
    "jump": (0.75, LearningStatus.JUMPED),
    "leap": (-0.75, LearningStatus.JUMPED),
}


def once(wrong: float, world: int, at: int) -> Any:
    """Return a disturbance by which one world has one wrong loss."""

    def disturb(this: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return (wrong if this == world and episode == at else loss), gradient

    return disturb


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("rule", ["keep_best", "invalid"])
@pytest.mark.parametrize(("wrong", "status"), UNSOUND.values(), ids=UNSOUND)
def test_learning_ends_at_an_unsound_loss(
    learner: Learner, goals: list[np.ndarray], precision: str, rule: str, wrong: float, status: LearningStatus
) -> None:
    ruled = replace(learner, jump_limit=0.5, unsound=rule)
    worlds = Quadratic(goals, precision, disturb=once(wrong, 2, 4))
    learned = learn(worlds, ruled, starts(goals))
    undisturbed = learn(Quadratic(goals, precision), ruled, starts(goals))
    assert learned.status[2] == status
    np.testing.assert_array_equal(np.isnan(learned.curves[2]), np.arange(ITERATIONS + 1) >= 4)
    assert learned.best_loss[2] == np.nanmin(learned.curves[2])
    if rule == "invalid":
        assert learned.fitness[2] == -np.inf
        assert np.isnan(learned.measures["twice"][2])
        assert np.isnan(learned.world_losses[2])
    else:
        # The best before stands, with its weights: the same as of a world that learned no longer.
        short = learn(Quadratic(goals, precision), replace(ruled, iterations=3), starts(goals))
        assert learned.fitness[2] == short.fitness[2] == -learned.best_loss[2]
        assert learned.best_iteration[2] == short.best_iteration[2]
        assert learned.measures["twice"][2] == short.measures["twice"][2]
        assert learned.world_losses[2] == short.world_losses[2]
        np.testing.assert_array_equal(
            parts(worlds, learned.best_weights)[2], parts(worlds, short.best_weights)[2], strict=True
        )
    others = np.arange(len(goals)) != 2
    np.testing.assert_array_equal(learned.curves[others], undisturbed.curves[others])
    np.testing.assert_array_equal(learned.fitness[others], undisturbed.fitness[others])


@pytest.mark.parametrize("limit", [None, np.inf])
@pytest.mark.parametrize("wrong", [0.75, -0.75])
def test_a_jump_is_sound_where_none_is_forbidden(
    learner: Learner, goals: list[np.ndarray], limit: float | None, wrong: float
) -> None:
    learned = learn(Quadratic(goals, disturb=once(wrong, 2, 4)), replace(learner, jump_limit=limit), starts(goals))
    assert (learned.status == LearningStatus.OK).all()
    assert np.isfinite(learned.curves).all()
    assert learned.curves[2, 4] == wrong
    assert learned.best_loss[2] == learned.curves[2].min()


@pytest.mark.parametrize("rule", ["keep_best", "invalid"])
@pytest.mark.parametrize("iterations", [0, ITERATIONS])
@pytest.mark.parametrize(("wrong", "status"), [(np.nan, LearningStatus.NOT_FINITE), (6.0, LearningStatus.BEYOND_LIMIT)])
def test_without_a_sound_loss_a_world_is_invalid(
    learner: Learner, goals: list[np.ndarray], rule: str, iterations: int, wrong: float, status: LearningStatus
) -> None:
    worlds = Quadratic(goals, disturb=once(wrong, 0, 0))
    learned = learn(worlds, replace(learner, unsound=rule, iterations=iterations), starts(goals))
    assert learned.status[0] == status
    assert learned.best_iteration[0] == -1
    assert learned.best_loss[0] == np.inf
    assert learned.fitness[0] == -np.inf
    assert np.isnan(learned.measures["twice"][0])
    assert np.isnan(learned.curves[0]).all()
    np.testing.assert_array_equal(parts(worlds, learned.best_weights)[0], parts(worlds, starts(goals))[0])
    assert np.isfinite(learned.fitness[1:]).all()


def test_limits_can_be_lifted(learner: Learner) -> None:
    def disturb(_world: int, episode: int, _loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return (100.0 if episode % 2 else -100.0), gradient

    learned = learn(Quadratic([np.zeros(3)], disturb=disturb), replace(learner, loss_limit=np.inf), np.ones(3))
    assert learned.status.tolist() == [LearningStatus.OK]
    assert learned.fitness.tolist() == [100.0]


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 0.0], ids=["nan", "inf", "-inf", "zero"])
def test_a_gradient_that_leads_nowhere(learner: Learner, goals: list[np.ndarray], precision: str, wrong: float) -> None:
    def disturb(world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        if world == 5 and episode == 3:
            gradient = gradient.copy()
            if wrong == 0.0:
                gradient[:] = 0.0
            else:
                gradient[7::32] = 0.0  # alone in its partial sum, where no other component gives it away
                gradient[7] = wrong
        return loss, gradient

    learned = learn(Quadratic(goals, precision, disturb=disturb), learner, starts(goals))
    undisturbed = learn(Quadratic(goals, precision), learner, starts(goals))
    assert learned.status[5] == (LearningStatus.ZERO_GRADIENT if wrong == 0.0 else LearningStatus.NON_FINITE_GRADIENT)
    assert learned.fitness[5] == -learned.best_loss[5]
    assert np.isfinite(learned.best_weights).all()
    # It stands still from then on, and what it had learned before stands.
    np.testing.assert_array_equal(learned.curves[5, :4], undisturbed.curves[5, :4])
    np.testing.assert_array_equal(learned.curves[5, 4:], np.full(ITERATIONS - 3, learned.curves[5, 3]))
    others = np.arange(len(goals)) != 5
    np.testing.assert_array_equal(learned.curves[others], undisturbed.curves[others])


@pytest.mark.parametrize(("precision", "size"), [("float32", 1e38), ("float32", 1e-38), ("float64", 1e300)])
def test_the_size_of_a_gradient_does_not_matter(precision: str, size: float) -> None:
    def disturb(_world: int, _episode: int, loss: float, _gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return loss, np.full(100, size)

    small = Normalized(iterations=1, epsilon=1e-60)
    worlds = Quadratic([np.zeros(100)], precision, disturb=disturb)
    learned = learn(worlds, small, np.ones(100))
    step = small.step_length / np.sqrt(100)
    np.testing.assert_allclose(learned.best_weights, np.full(100, 1.0 - step), rtol=ROUNDING[precision])
    adam = learn(worlds, Adam(iterations=1, epsilon=1e-60), np.ones(100))
    np.testing.assert_allclose(adam.best_weights, np.full(100, 1.0 - Adam().rate), rtol=ROUNDING[precision])


def test_weights_of_another_batch_are_refused(learner: Learner, goals: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match="expected weights of shape"):
        learn(Quadratic(goals), learner, np.zeros(3))


@pytest.mark.parametrize("name", sorted(LEARNERS))
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("iterations", -1),
        ("iterations", 3.5),
        ("iterations", True),
        ("loss_limit", 0.0),
        ("loss_limit", float("nan")),
        ("jump_limit", -1.0),
        ("jump_limit", "much"),
        ("unsound", "ignore"),
        ("unsound", None),
        ("epsilon", 0.0),
        ("epsilon", float("inf")),
    ],
)
def test_settings_out_of_range(name: str, setting: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^expected {setting} to be "):
        LEARNERS[name](**{setting: value})


@pytest.mark.parametrize(
    ("learner_type", "setting", "value"),
    [
        (Normalized, "step_length", 0.0),
        (Normalized, "step_length", float("nan")),
        (Adam, "rate", -0.1),
        (Adam, "beta1", 1.0),
        (Adam, "beta2", -0.1),
        (Adam, "beta2", None),
    ],
)
def test_own_settings_out_of_range(learner_type: type[Learner], setting: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^expected {setting} to be "):
        learner_type(**{setting: value})


def test_names_are_keys() -> None:
    assert {name: learner().name for name, learner in LEARNERS.items()} == {name: name for name in LEARNERS}
    assert set(TEXTBOOK) == set(LEARNERS)
