"""What drawn and evolved bodies learn: from new starts, and with as many robot-steps as a run of evolution spent."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

import codesign
from codesign.body import Bodies
from codesign.evaluate import DesignWeights, Evaluations, EvaluationSpec, Request, evaluate_bodies
from experiments.tables import Rows

ROUNDS = 6
"""Rounds of halving, which cost the same."""

FIRST_STEPS = 8
"""Steps of learning in the first round, as many as each child of the runs takes."""

EPISODES = 3
"""Episodes of a lesson besides one for each step: after the last, with the best weights, and with muscles at rest."""

LONGEST = 2.0
"""Times its rest length that a spring may come to. Those of the best robots of all runs come to 1.8 at most; where
it is far more, cells have turned inside out, and energy came from nowhere."""

STARTS = 16
"""New starts of each body that is taught by the published learner."""


def halving(problem: codesign.Problem, names: Sequence[str], bodies: Bodies, budget: int) -> Rows:
    """Spend robot-steps on several bodies as successive halving does, and return what each round came to.

    Pairs of a body and a start learn in rounds. The better half of all pairs, of whatever body, goes on from its best
    weights, for about twice as long, so that each round costs the same (Jamieson and Talwalkar 2016). The leader of a
    round is looked at, and is out if it leads by an accident of the simulation (`LONGEST`); then the next one is.

    Args:
        problem: how bodies learn; the number of steps is that of the round.
        names: of the bodies.
        bodies: at least one.
        budget: robot-steps to spend. All that is simulated counts. What is left over is less than one step of all pairs
            of the last round; only leaders that are out may cost a few episodes more.

    Returns:
        A row for each round: pairs, steps of learning, leaders that were out, robot-steps so far, the best so far with
        its body, and its longest spring.
    """
    spec, steps = problem.spec, problem.spec.physics.steps
    starts = budget // (ROUNDS * steps * (FIRST_STEPS + EPISODES) * len(bodies))
    places, attempts = np.repeat(np.arange(len(bodies)), starts), np.tile(np.arange(1, starts + 1), len(bodies))
    first: DesignWeights | None = None
    spent, best, rows = 0, {"best": -np.inf, "body": "", "longest": np.nan}, []
    for number in range(ROUNDS):
        left = ROUNDS - number
        iterations = (budget - spent - left * steps) // (left * steps * len(places)) - EPISODES
        found = evaluate_bodies(_taught_for(spec, iterations), _request(bodies, places, attempts, first=first))
        order = np.argsort(-found.fitness, kind="stable")
        out, longest = _accidents(problem, bodies, places, found, order)
        if out < len(order) and found.fitness[order[out]] > best["best"]:
            own = float(found.fitness[order[out]])
            best = {"best": own, "body": names[int(places[order[out]])], "longest": longest}
        spent += found.robot_steps + min(out + 1, len(order)) * steps
        tried = {"round": number, "pairs": len(places), "steps": iterations, "out": out, "robot_steps": spent}
        rows.append(tried | best)
        better = order[out : out + (len(order) + 1) // 2]
        places, attempts = places[better], attempts[better]
        first = DesignWeights(found.weights, found.weight_start).take(better)
    return rows


def _accidents(
    problem: codesign.Problem, bodies: Bodies, places: np.ndarray, found: Evaluations, order: np.ndarray
) -> tuple[int, float]:
    """Return how many of the best lessons are accidents of the simulation, and the longest spring of the next one."""
    for out, index in enumerate(order.tolist()):
        longest = longest_spring(problem, bodies.take(places[[index]]), found.weights_of(index))
        if longest <= LONGEST:
            return out, longest
    return len(order), np.nan


def longest_spring(problem: codesign.Problem, bodies: Bodies, weights: np.ndarray) -> float:
    """Return how many times its rest length a spring comes to at most, in the frames of an episode of one body."""
    (recording,) = problem.rollout(bodies, weights)
    if recording.after is None:
        raise ValueError("expected a recording with a motion; got none; give weights")
    ends = recording.after.positions[:, bodies.springs]
    lengths = np.linalg.norm(ends[:, :, 1] - ends[:, :, 0], axis=-1)
    return float((lengths / bodies.rest_lengths).max())


def _taught_for(spec: EvaluationSpec, iterations: int) -> EvaluationSpec:
    return replace(spec, learner=replace(spec.learner, iterations=iterations))


def _request(
    bodies: Bodies, places: np.ndarray, attempts: np.ndarray, individual: int = 0, first: DesignWeights | None = None
) -> Request:
    """Return lessons of bodies by place, as designs of a first generation learn, each from one of its new starts."""
    identities = np.stack([np.zeros_like(places), individual + places], axis=1)
    return Request(bodies.take(places), identities, attempts=attempts, first=first)


def from_new_starts(problem: codesign.Problem, names: Sequence[str], bodies: Bodies, individual: int) -> Rows:
    """Return what bodies learn from `STARTS` new starts each by the published learner: 35 steps of 0.2.

    Args:
        problem: how bodies learn, but for that.
        names: of the bodies.
        bodies: at least one.
        individual: number of the first body, from which its starts are drawn.

    Returns:
        A row for each body: the mean and the best over starts, but for the best ones that are accidents of the
        simulation, how many these are, and what it does with muscles at rest.
    """
    published = replace(problem.spec, learner=replace(problem.spec.learner, iterations=35, step_length=0.2))
    places, attempts = np.repeat(np.arange(len(bodies)), STARTS), np.tile(np.arange(1, STARTS + 1), len(bodies))
    found = evaluate_bodies(published, _request(bodies, places, attempts, individual))
    rows = []
    for number, name in enumerate(names):
        own = STARTS * number + np.argsort(-found.fitness[places == number], kind="stable")
        out, _ = _accidents(problem, bodies, places, found, own)
        fitness, rest = found.fitness[own[out:]], found.measures["unactuated"][own]
        rows.append({"body": name, "mean": _mean(fitness), "best": float(fitness[0]), "out": out, "rest": _mean(rest)})
    return rows


def taught_on(problem: codesign.Problem, bodies: Bodies, weights: np.ndarray, steps: int) -> dict[str, float]:
    """Return what one body comes to that learns on from given weights, and what that costs.

    Args:
        problem: how it learns, but for the number of steps.
        bodies: one.
        weights: of its controller.
        steps: of learning.

    Returns:
        Its best, the longest spring of the motion, and robot-steps. Where the best is an accident of the simulation
        (`LONGEST`), what it did before stands.
    """
    one = np.zeros(1, np.int64)
    request = _request(bodies, one, one, first=DesignWeights.joined([weights]))
    found = evaluate_bodies(_taught_for(problem.spec, steps), request)
    out, longest = _accidents(problem, bodies, one, found, one)
    best = float(found.curves[0, 0]) if out else float(found.fitness[0])
    return {"best": best, "longest": longest, "robot_steps": found.robot_steps + problem.spec.physics.steps}


def _mean(values: np.ndarray) -> float:
    """Return the mean of what is finite: a start that came to nothing sound has no fitness."""
    return float(values[np.isfinite(values)].mean())
