"""What drawn and evolved bodies learn: from new starts, and with as many robot-steps as a run of evolution spent."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from codesign.body import Bodies
from codesign.evaluate import DesignWeights, EvaluationSpec, Request, evaluate_bodies
from experiments.tables import Rows

ROUNDS = 6
"""Rounds of halving, which cost the same."""

FIRST_STEPS = 8
"""Steps of learning in the first round, as many as each child of the runs takes."""

EPISODES = 3
"""Episodes of a lesson besides one for each step: after the last, with the best weights, and with muscles at rest."""

STARTS = 16
"""New starts of each body that is taught by the published learner."""


def halving(spec: EvaluationSpec, names: Sequence[str], bodies: Bodies, budget: int) -> Rows:
    """Spend robot-steps on several bodies as successive halving does, and return what each round came to.

    Pairs of a body and a start learn in rounds. The better half of all pairs, of whatever body, goes on from its best
    weights, for about twice as long, so that each round costs the same (Jamieson and Talwalkar 2016).

    Args:
        spec: how bodies learn; the number of steps is that of the round.
        names: of the bodies.
        bodies: at least one.
        budget: robot-steps to spend. All that is simulated counts; what is left over is less than one step of all pairs
            of the last round.

    Returns:
        A row for each round: pairs, steps of learning, robot-steps so far, and the best of all so far with its body.
    """
    steps = spec.physics.steps
    starts = budget // (ROUNDS * steps * (FIRST_STEPS + EPISODES) * len(bodies))
    places, attempts = np.repeat(np.arange(len(bodies)), starts), np.tile(np.arange(1, starts + 1), len(bodies))
    first: DesignWeights | None = None
    spent, rows = 0, []
    for number in range(ROUNDS):
        iterations = (budget - spent) // ((ROUNDS - number) * steps * len(places)) - EPISODES
        found = evaluate_bodies(_taught_for(spec, iterations), _request(bodies, places, attempts, first=first))
        spent += found.robot_steps
        order = np.argsort(-found.fitness, kind="stable")
        best = {"best": float(found.fitness[order[0]]), "body": names[int(places[order[0]])]}
        rows.append({"round": number, "pairs": len(places), "steps": iterations, "robot_steps": spent, **best})
        better = order[: (len(order) + 1) // 2]
        places, attempts = places[better], attempts[better]
        first = DesignWeights(found.weights, found.weight_start).take(better)
    return rows


def _taught_for(spec: EvaluationSpec, iterations: int) -> EvaluationSpec:
    return replace(spec, learner=replace(spec.learner, iterations=iterations))


def _request(
    bodies: Bodies, places: np.ndarray, attempts: np.ndarray, individual: int = 0, first: DesignWeights | None = None
) -> Request:
    """Return lessons of bodies by place, as designs of a first generation learn, each from one of its new starts."""
    identities = np.stack([np.zeros_like(places), individual + places], axis=1)
    return Request(bodies.take(places), identities, attempts=attempts, first=first)


def from_new_starts(spec: EvaluationSpec, names: Sequence[str], bodies: Bodies, individual: int) -> Rows:
    """Return what bodies learn from `STARTS` new starts each by the published learner: 35 steps of 0.2.

    Args:
        spec: how bodies learn, but for that.
        names: of the bodies.
        bodies: at least one.
        individual: number of the first body, from which its starts are drawn.

    Returns:
        A row for each body: the mean and the best over starts, what it does with muscles at rest, and its robot-steps.
    """
    published = replace(spec, learner=replace(spec.learner, iterations=35, step_length=0.2))
    places, attempts = np.repeat(np.arange(len(bodies)), STARTS), np.tile(np.arange(1, STARTS + 1), len(bodies))
    found = evaluate_bodies(published, _request(bodies, places, attempts, individual))
    fitness, rest = (each.reshape(-1, STARTS) for each in (found.fitness, found.measures["unactuated"]))
    return [
        {"body": name, "mean": _mean(own), "best": float(own.max()), "rest": _mean(at_rest)}
        for name, own, at_rest in zip(names, fitness, rest, strict=True)
    ]


def _mean(values: np.ndarray) -> float:
    """Return the mean of what is finite: a start that came to nothing sound has no fitness."""
    return float(values[np.isfinite(values)].mean())
