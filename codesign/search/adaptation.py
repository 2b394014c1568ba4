"""Adaptive operator weights: operators whose children enter the population are used more often."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from codesign.genome import Lattice, VariationSettings

_PRIOR = 10.0
"""Children of average success that every operator counts with besides its own, since few children say little."""

_TRIED, _ENTERED, _TRIED_NOW, _ENTERED_NOW = "tried", "entered", "tried_now", "entered_now"


class Adaptation:
    """How often each operator is used, by what its children came to (probability matching, Thierens 2005).

    An operator that is used with probability w has, after each generation, w (f + (1 - f) q / sum w q): f is the floor
    and q the share of its children that entered the population, averaged over the last generations with a weight that
    falls by the rate from each to the one before. Where all succeed alike, all keep their w.

    Args:
        settings: probabilities to begin with, rate and floor.
        lattice: where operators apply.
    """

    def __init__(self, settings: VariationSettings, lattice: Lattice) -> None:
        operators, self._given = settings.operators(lattice)
        self.names = tuple(operator.name for operator in operators)
        self._rate, self._floor = settings.adapt_rate, settings.adapt_floor
        self._counts: dict[str, NDArray[np.float64]] = {
            name: np.zeros(len(self.names)) for name in (_TRIED, _ENTERED, _TRIED_NOW, _ENTERED_NOW)
        }

    @property
    def probabilities(self) -> dict[str, float]:
        """How often each operator is used now, by its name."""
        tried, entered = self._counts[_TRIED], self._counts[_ENTERED]
        values = self._given
        if entered.sum() > 0.0:
            quality = (entered + _PRIOR * entered.sum() / tried.sum()) / (tried + _PRIOR)
            values = values * (self._floor + (1.0 - self._floor) * quality / np.sum(values * quality))
        return dict(zip(self.names, values.tolist(), strict=True))

    def note(self, operators: Sequence[str], entered: NDArray[np.bool_]) -> None:
        """Count children of a generation.

        Args:
            operators: names of what made them; others than those in use count nothing.
            entered: whether each entered the population, shape (n,).
        """
        places = {name: place for place, name in enumerate(self.names)}
        known = np.array([places.get(name, -1) for name in operators], dtype=np.int64)
        for count, chosen in ((_TRIED_NOW, known >= 0), (_ENTERED_NOW, (known >= 0) & entered)):
            self._counts[count] = np.add(self._counts[count], np.bincount(known[chosen], minlength=len(self.names)))

    def end_generation(self) -> None:
        """Learn from the children that were counted since this was called last."""
        for total, now in ((_TRIED, _TRIED_NOW), (_ENTERED, _ENTERED_NOW)):
            self._counts[total] = (1.0 - self._rate) * self._counts[total] + self._counts[now]
            self._counts[now] = np.zeros(len(self.names))

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return all that was counted, as named arrays."""
        return dict(self._counts)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what `state` returned.

        Raises:
            ValueError: it is that of other operators.
        """
        for name in self._counts:
            found = state.get(name)
            if found is None or found.shape != (len(self.names),) or found.dtype != np.float64:
                raise ValueError(f"expected {name} of {len(self.names)} operators; got something else")
            if not (np.isfinite(found).all() and (found >= 0.0).all()):
                raise ValueError(f"expected {name} of operators to be counts; got other numbers")
        self._counts = {name: state[name].copy() for name in self._counts}
