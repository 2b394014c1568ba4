"""Bodies drawn by hand: they fit on the lattices that bodies evolve on, and learn for as much as is asked."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import codesign
from codesign.api.genomes import PlacedGenomes
from codesign.body import Bodies
from codesign.evaluate import Request
from experiments.hand_made_bodies import lessons
from experiments.hand_made_bodies.__main__ import EVOLVED, best_pupil

FOLDER = Path(__file__).parents[2] / "experiments" / "hand_made_bodies" / "bodies"
COMMON = {"worm", "biped", "quadruped", "tripod", "wheel", "block"}


@pytest.mark.parametrize(
    ("name", "kind", "shape", "more"),
    [
        ("triangles", "triangle", (6, 10), set()),
        ("squares", "square", (5, 5), {"speed_bot", "carry_bot", "table"}),
        ("cubes", "cube", (4, 4, 3), set()),
    ],
)
def test_drawn_bodies_fit_on_the_lattice_that_others_evolve_on(
    name: str, kind: str, shape: tuple[int, ...], more: set[str]
) -> None:
    drawn = codesign.load(FOLDER / f"{name}.txt")
    assert isinstance(drawn, PlacedGenomes)
    assert set(drawn.names) == COMMON | more
    assert drawn.lattice.name == kind
    problem = codesign.Problem(body=kind)
    for index, body in enumerate(problem.bodies(drawn)):
        assert body.pieces == 1, drawn.names[index]
        assert (body.swings > 0).any(), drawn.names[index]
        across = np.ptp(body.positions, axis=0)
        # Rows of triangles are as high as a triangle, and columns half as wide as its side.
        sides = np.array([shape[1], shape[0], *shape[2:]] if len(shape) == 3 else [shape[1], shape[0]])
        unit = np.array([0.05, 0.1 * np.sqrt(0.75)]) if kind == "triangle" else np.full(len(sides), 0.1)
        extra = np.array([0.05, 0.0]) if kind == "triangle" else 0.0
        assert (across <= sides * unit + extra + 1e-9).all(), drawn.names[index]


STEPS, BUDGET = 20, 60_000


@pytest.fixture
def problem() -> codesign.Problem:
    return codesign.Problem(
        body={"rows": 2, "columns": 3}, controller="cpg", physics={"steps": STEPS}, learner={"iterations": 8}
    )


def test_halving_gives_the_better_half_of_all_pairs_what_they_learned(
    problem: codesign.Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, Request]] = []

    def evaluate(spec: Any, request: Request) -> Any:
        # Body 1 is better than body 0, and of its pairs those with higher starts; what each learns is its start.
        assert request.attempts is not None
        asked.append((spec.learner.iterations, request))
        count = len(request)
        return SimpleNamespace(
            fitness=1000.0 * request.identities[:, 1] + request.attempts,
            robot_steps=count * STEPS * (spec.learner.iterations + 3),
            weights=request.attempts.astype(np.float32),
            weights_of=lambda index: request.attempts[[index]],  # pyright: ignore[reportOptionalSubscript]
            weight_start=np.arange(count + 1),
        )

    def longest_spring(_problem: codesign.Problem, _bodies: Bodies, weights: np.ndarray) -> float:
        return 9.0 if weights.tolist() == [pairs[0] // 2] else 1.5  # the best pair of all is an accident

    pairs = [2 * (BUDGET // (6 * STEPS * 11 * 2))]
    monkeypatch.setattr(lessons, "evaluate_bodies", evaluate)
    monkeypatch.setattr(lessons, "longest_spring", longest_spring)
    bodies = problem.bodies(problem.random(2))
    rows = lessons.halving(problem, ("worse", "better"), bodies, BUDGET)
    pairs += [row["pairs"] for row in rows[1:]]
    assert rows[0]["pairs"] == pairs[0]
    assert pairs[1:] == [(before + 1) // 2 for before in pairs[:-1]]
    assert asked[0][0] >= 8
    assert asked[0][1].first is None
    assert {row["body"] for row in rows} == {"better"}
    assert [row["out"] for row in rows] == [1, 0, 0, 0, 0, 0]
    assert {row["best"] for row in rows} == {1000.0 + pairs[0] // 2 - 1}
    costs = np.diff([0, *(row["robot_steps"] for row in rows)])
    assert costs == pytest.approx(BUDGET / 6, rel=0.15)
    assert 0 <= BUDGET - rows[-1]["robot_steps"] < (pairs[-1] + 1) * STEPS
    sound = [(body, start) for body in (1, 0) for start in range(pairs[0] // 2, 0, -1)][1:]
    for _, request in asked[1:]:
        assert request.first is not None
        assert request.attempts is not None
        assert (
            list(zip(request.identities[:, 1].tolist(), request.attempts.tolist(), strict=True))
            == sound[: len(request)]
        )
        assert request.first.values.tolist() == request.attempts.tolist()  # each goes on from what it learned


@pytest.mark.slow
def test_rounds_go_on_from_the_best_weights_and_spend_the_budget(problem: codesign.Problem) -> None:
    bodies = problem.bodies(problem.random(2))
    rows = lessons.halving(problem, ("one", "other"), bodies, BUDGET)
    best = [row["best"] for row in rows]
    assert best == sorted(best)
    assert best[-1] > best[0]
    assert 0 <= BUDGET - rows[-1]["robot_steps"] < (rows[-1]["pairs"] + 1) * STEPS
    assert 1.0 <= rows[-1]["longest"] <= lessons.LONGEST


@pytest.mark.slow
def test_a_body_is_taught_on_from_the_weights_that_it_has(problem: codesign.Problem) -> None:
    body = problem.bodies(problem.random(1))
    weights = 0.5 * problem.initial_weights(body).of(0)
    before = lessons.taught_on(problem, body, weights, 0)
    after = lessons.taught_on(problem, body, weights, 6)
    assert before["best"] == pytest.approx(problem.rollout(body, weights)[0].fitness, abs=1e-6)
    assert after["best"] > before["best"]
    assert after["robot_steps"] == STEPS * (6 + lessons.EPISODES + 1)


def test_the_best_pupil_of_a_seed_is_chosen_by_the_other_seeds() -> None:
    drawn = {"lucky": np.array([9.0, 1.0, 1.0]), "steady": np.array([2.0, 2.0, 3.0])}
    # On seeds 1 and 2 "lucky" is ahead by what it did on seed 0, where "steady" is the one that others speak for.
    assert best_pupil({EVOLVED: np.array([99.0] * 3), **drawn}).tolist() == [2.0, 1.0, 1.0]
