"""The results of evaluating designs: the record that search, run folder and replay read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesign.evaluate.design_weights import DesignWeights
from codesign.evaluate.kept_weights import KeptWeights


@dataclass(frozen=True)
class Evaluations:
    """Evaluated designs; entry i of every field belongs to design i.

    Attributes:
        fitness: what the design does after it has learned, higher is better, -inf if invalid, float64, shape (n,).
        curves: performance before learning and after each step (the negative loss, higher is better), NaN once
            learning ended, float32, shape (n, iterations + 1) with the iterations of those that learn longest.
        best_iteration: steps taken before the best performance, -1 if there was no sound one, int32, shape (n,).
        status: `LearningStatus` of each design, int8, shape (n,).
        measures: further numbers by name, the mean over a design's worlds, each float64, shape (n,).
        world_fitness: what the design does in each of its worlds, NaN if invalid, float64, shape (n, worlds).
        weights: best controller parameters, one design after the other, of the precision that they were learned
            in; of a design whose weights are not kept there are none.
        weight_start: first parameter of each design and the end of the last, int64, shape (n + 1,).
        masses: masses of each body, int32, shape (n,).
        springs: springs of each body, int32, shape (n,).
        muscles: actuated springs of each body, int32, shape (n,).
        robot_steps: steps simulated forwards, over all designs and iterations.
        body_weights: what every design's body learned, whether its weights are kept or not; None where bodies are as
            drawn.
        starts: which of its starts each design learned from, as `Request.attempts` has them, int64, shape (n,); None
            where each learned from its own. Of several (`Learner.restarts`) it is the one that won.
    """

    fitness: np.ndarray
    curves: np.ndarray
    best_iteration: np.ndarray
    status: np.ndarray
    measures: dict[str, np.ndarray]
    world_fitness: np.ndarray
    weights: np.ndarray
    weight_start: np.ndarray
    masses: np.ndarray
    springs: np.ndarray
    muscles: np.ndarray
    robot_steps: int
    body_weights: DesignWeights | None = None
    starts: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.fitness)

    def weights_of(self, index: int) -> np.ndarray:
        """Return the controller parameters of one design, flat, none where they are not kept."""
        return self.weights[self.weight_start[index] : self.weight_start[index + 1]]

    def kept(self, keep: KeptWeights | None, identities: np.ndarray) -> "Evaluations":
        """Return the same with the weights of those designs only that `keep` chooses, None for all.

        Args:
            keep: of which designs.
            identities: (generation, individual) of each, int64, shape (n, 2).
        """
        if keep is None:
            return self
        chosen = keep.chosen(self.fitness, identities)
        lengths = np.zeros(len(self), dtype=np.int64)
        lengths[chosen] = np.diff(self.weight_start)[chosen]
        return replace(self, weights=self._weights_of(chosen), weight_start=_starts(lengths))

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of what each design does in its worlds, NaN if invalid, float64, shape (n,)."""
        return self.world_fitness.std(axis=1)

    def take(self, indices: np.ndarray) -> "Evaluations":
        """Return the designs at `indices`, in that order; the steps stay those of the whole."""
        indices = np.asarray(indices, dtype=np.int64)
        return Evaluations(
            self.fitness[indices],
            self.curves[indices],
            self.best_iteration[indices],
            self.status[indices],
            {name: values[indices] for name, values in self.measures.items()},
            self.world_fitness[indices],
            self._weights_of(indices),
            _starts(np.diff(self.weight_start)[indices]),
            self.masses[indices],
            self.springs[indices],
            self.muscles[indices],
            self.robot_steps,
            None if self.body_weights is None else self.body_weights.take(indices),
            None if self.starts is None else self.starts[indices],
        )

    def _weights_of(self, indices: np.ndarray) -> np.ndarray:
        """Return the parameters of several designs, one after the other."""
        ends = zip(self.weight_start[indices].tolist(), self.weight_start[indices + 1].tolist(), strict=True)
        return np.concatenate([*(self.weights[first:last] for first, last in ends if last > first), self.weights[:0]])

    @classmethod
    def concatenate(cls, parts: Sequence["Evaluations"]) -> "Evaluations":
        """Return the designs of all `parts`, one part after the other; at least one part, all of one spec."""

        def joined(name: str) -> np.ndarray:
            return np.concatenate([getattr(part, name) for part in parts])

        bodies = [part.body_weights for part in parts if part.body_weights is not None]

        return cls(
            joined("fitness"),
            _curves([part.curves for part in parts]),
            joined("best_iteration"),
            joined("status"),
            {name: np.concatenate([part.measures[name] for part in parts]) for name in parts[0].measures},
            joined("world_fitness"),
            joined("weights"),
            _starts(np.concatenate([np.diff(part.weight_start) for part in parts])),
            joined("masses"),
            joined("springs"),
            joined("muscles"),
            sum(part.robot_steps for part in parts),
            DesignWeights.concatenate(bodies) if bodies else None,
            _joined_starts(parts),
        )


def _joined_starts(parts: Sequence[Evaluations]) -> np.ndarray | None:
    """Return from which start the designs of all parts learned, None where all did from their own."""
    if all(part.starts is None for part in parts):
        return None
    own = (np.zeros(len(part), dtype=np.int64) if part.starts is None else part.starts for part in parts)
    return np.concatenate([*own])


def _curves(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the curves of all parts, as long as the longest, NaN where learning had ended."""
    longest = max(part.shape[1] for part in parts)
    found = np.full((sum(len(part) for part in parts), longest), np.nan, dtype=np.float32)
    end = 0
    for part in parts:
        end += len(part)
        found[end - len(part) : end, : part.shape[1]] = part
    return found


def _starts(lengths: np.ndarray) -> np.ndarray:
    """Return the offsets of consecutive pieces, int64, one more than there are pieces."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
