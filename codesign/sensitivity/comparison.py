"""The four methods side by side: error and cost by horizon, contact and precision."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies
from codesign.evaluate import EvaluationSpec
from codesign.sensitivity.derivatives import Method, Sensitivities
from codesign.sensitivity.simulating import in_precision, over_horizon
from codesign.sensitivity.smoothness import unit_directions
from codesign.sim import has_tangent

Numbers = npt.NDArray[Any]

METHODS: tuple[Method, ...] = ("reverse", "forward", "central", "richardson")


@dataclass(frozen=True)
class MethodRow:
    """What one method came to under one choice of everything.

    Attributes:
        method: which.
        contact: how the ground acts.
        precision: of the numbers.
        steps: the horizon.
        error: the largest error of all directions, as a share of the gradient's length: what the reverse mode of
            double precision says is taken as true, and forward mode checks that.
        seconds: of one direction, of which several are done at once; kernels are compiled before.
        seconds_of_all: what all weights would take: reverse mode has them all at once, the others need a direction for
            each.
        robot_steps: steps simulated forwards for one direction.
    """

    method: str
    contact: str
    precision: str
    steps: int
    error: float
    seconds: float
    seconds_of_all: float
    robot_steps: int


def compare_methods(
    spec: EvaluationSpec,
    bodies: Bodies,
    weights: Numbers,
    horizons: Sequence[int],
    *,
    precisions: Sequence[str] = ("float64", "float32"),
    directions: int = 2,
    seed: int = 0,
    world: int = 0,
) -> list[MethodRow]:
    """Return error and cost of all methods for derivatives of one body's loss in its weights.

    Args:
        spec: how designs are evaluated.
        bodies: one body.
        weights: of its controller, flat; rounded to single precision.
        horizons: steps of the episodes.
        precisions: of the numbers.
        directions: random ones, beside that of the gradient.
        seed: of these.
        world: which of the spec's worlds.

    Raises:
        ConfigError: a horizon that the controller has no weights for.
        MemoryBudgetError: the states of an episode do not fit into the memory.
    """
    rounded = np.asarray(weights, np.float32).astype(np.float64)
    rows: list[MethodRow] = []
    for steps in horizons:
        own, start = over_horizon(spec, bodies, rounded, steps)
        truth = Sensitivities(in_precision(own, "float64"), bodies, start, world=world)
        gradient = truth.gradient()["weights"]
        along = unit_directions(gradient, directions, seed)
        exact, length = along @ gradient, max(float(np.linalg.norm(gradient)), 1e-300)
        moving = [{"weights": each} for each in along]
        for precision in precisions:
            subject = Sensitivities(in_precision(own, precision), bodies, start, world=world)
            for method in METHODS:
                if method == "forward" and not has_tangent(own.controller):
                    continue
                subject.derivatives(None, moving, method)  # compiles and allocates
                found = subject.derivatives(None, moving, method)
                seconds = sum(each.seconds for each in found)
                whole = seconds if method == "reverse" else seconds / len(found) * len(start)
                errors = [abs(each.value - true) / length for each, true in zip(found, exact, strict=True)]
                own_row = method, own.physics.contact.name, precision, steps, float(max(errors))
                rows.append(MethodRow(*own_row, seconds / len(found), whole, found[0].robot_steps))
    return rows
