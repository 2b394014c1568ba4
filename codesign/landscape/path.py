"""What the way of a learner is like: its gradients, its steps, and what they come to."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies
from codesign.evaluate import DesignWeights, EvaluationSpec, Request, batches
from codesign.landscape import shapes
from codesign.landscape.settings import LandscapeSettings
from codesign.sensitivity import length_of
from codesign.train import Learner, LearningProblem, learn

Numbers = npt.NDArray[Any]


def path_measures(
    spec: EvaluationSpec,
    bodies: Bodies,
    identities: npt.NDArray[np.int64],
    first: DesignWeights | None = None,
    settings: LandscapeSettings | None = None,
    *,
    attempts: npt.NDArray[np.int64] | None = None,
) -> dict[str, npt.NDArray[np.float64]]:
    """Return measures of the ways on which designs learn, by name, float64, each of shape (bodies,).

    `PATH_MEASURES` says what each of them is. Designs learn as `evaluate_bodies` lets them, to the bit, and are watched
    in every step. A number that does not exist is NaN. No number depends on the other bodies.

    Args:
        spec: how designs are evaluated, the learner above all.
        bodies: at least one; several starts of one body are several bodies.
        identities: (generation, individual) of each, int64, shape (bodies, 2).
        first: weights that designs begin with, as far as they are not drawn, see `Request`.
        settings: of which `large` matters.
        attempts: which of its starts each takes, see `Request`.

    Raises:
        MemoryBudgetError: a body alone does not fit into the memory.
    """
    chosen, request = settings or LandscapeSettings(), Request(bodies, identities, first=first, attempts=attempts)
    parts = []
    for part in batches(spec, bodies):
        asked = request.take(part)
        properties = bodies.has_material_properties
        problem = spec.learning_problem(asked.bodies, asked.identities, material_properties=properties)
        spec.begin(problem, asked.identities, asked.first, asked.attempts)
        parts.append(path_measures_of(problem, spec.learner, chosen))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def path_measures_of(
    problem: LearningProblem, learner: Learner, settings: LandscapeSettings
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the measures of the ways on which the controllers of any problem learn, see `path_measures`.

    Args:
        problem: with the weights that controllers begin with.
        learner: how they learn.
        settings: of which `large` matters.
    """
    starts = problem.parameter_offsets.numpy().tolist()
    ways = [_Way(slice(first, end)) for first, end in pairwise(starts)]

    def observe(taken: int, watched: LearningProblem) -> None:
        losses: list[float] = watched.loss.numpy().tolist()
        parameters = watched.parameters.numpy().astype(np.float64)
        # No gradient is computed before the last call.
        gradient = watched.gradient.numpy().astype(np.float64) if taken < learner.iterations else None
        for way, loss in zip(ways, losses, strict=True):
            way.pass_by(loss, parameters[way.own].copy(), None if gradient is None else gradient[way.own].copy())

    learn(problem, learner, observe=observe)
    rows = [way.measures(settings.large) for way in ways]
    return {name: np.array([row[name] for row in rows], np.float64) for name in rows[0]}


@dataclass(eq=False)
class _Way:
    """One controller's way, of which no more than the last place is kept.

    Attributes:
        own: its parameters among all.
        losses: at every place that it came to.
        norms: of the gradients there.
        cosines: of successive gradients.
        foretold: by how much the gradient says that each step lowers the loss.
    """

    own: slice
    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    cosines: list[float] = field(default_factory=list)
    foretold: list[float] = field(default_factory=list)
    _place: Numbers | None = None
    _gradient: Numbers | None = None
    _total: Any = 0.0
    _squares: float = 0.0
    _ended: bool = False

    def pass_by(self, loss: float, place: Numbers, gradient: Numbers | None) -> None:
        """Note a place; the way ends where a learner takes no step any more."""
        if self._ended:
            return
        if self._place is not None and self._gradient is not None:
            step = place - self._place
            square = float((step * step).sum())
            if square == 0.0:
                self._ended = True
                return
            self._total, self._squares = self._total + step, self._squares + square
            self.foretold.append(-float((self._gradient * step).sum()))
            if gradient is not None:
                self.cosines.append(shapes.cosine(self._gradient, gradient))
        self.losses.append(loss)
        if gradient is not None:
            self.norms.append(length_of(gradient))
        self._place, self._gradient = place, gradient

    def measures(self, large: float) -> dict[str, float]:
        """Return what this way comes to."""
        losses = np.array(self.losses)
        losses = losses[: _finite(losses)]
        steps = len(losses) - 1
        gain = float(losses[0] - losses.min()) if len(losses) else float("nan")
        falls = -np.diff(losses)
        rough = shapes.roughness(losses)
        norms = np.array(self.norms)
        # Of the zero gradient at which learning ends, too.
        usable = norms[np.isfinite(norms) & (norms > 0.0)]
        quarter = max(len(usable) // 4, 1)
        descents = [
            shapes.ratio(fall, each) for fall, each in zip(falls.tolist(), self.foretold[: len(falls)], strict=True)
        ]
        return {
            "path_steps": float(max(steps, 0)),
            "path_gain": gain,
            "path_cosine": shapes.mean(self.cosines),
            "path_signal_to_noise": self._signal_to_noise(),
            "path_roughness": rough,
            "path_relative_roughness": shapes.ratio(rough, gain),
            "path_improving": float((falls > 0.0).mean()) if len(falls) else float("nan"),
            "path_descent": shapes.median(descents),
            "path_norm_median": shapes.median(usable),
            "path_norm_largest": float(usable.max()) if len(usable) else float("nan"),
            "path_norm_large": float((~(norms < large)).mean()) if len(norms) else float("nan"),
            "path_norm_growth": shapes.ratio(shapes.median(usable[-quarter:]), shapes.median(usable[:quarter])),
        }

    def _signal_to_noise(self) -> float:
        """Return the length of the mean step over the root of the mean square of what steps differ from it."""
        count = len(self.foretold)
        if count < 2:
            return float("nan")
        mean = self._total / count
        signal = float((mean * mean).sum())
        noise = self._squares / count - signal
        # Rounding leaves this much of a difference of two equal numbers.
        if noise <= 1e-12 * signal:
            return float("inf")
        return float(np.sqrt(signal / noise))


def _finite(losses: Numbers) -> int:
    """Return how many losses there are before the first that is not finite."""
    bad = np.flatnonzero(~np.isfinite(losses))
    return int(bad[0]) if len(bad) else len(losses)
