"""Which variations paid off: what became of the children that each operator made."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Children:
    """Designs of one generation that have parents; entry i of each field belongs to child i.

    Attributes:
        operators: name of the operator that made it.
        fitness: float64[children], minus infinity if invalid.
        parent_fitness: float64[children], that of its fittest parent; not finite where that is not known.
        entered: bool[children], whether it was selected into the population.
    """

    operators: npt.NDArray[np.str_]
    fitness: npt.NDArray[np.float64]
    parent_fitness: npt.NDArray[np.float64]
    entered: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Operators:
    """What became of all children of a run, by the operator that made them; the operator of most children first.

    Attributes:
        names: of the operators.
        children: int64[operators], how many children it made.
        entered: int64[operators], how many of these were selected into the population.
        better: int64[operators], how many were fitter than their fittest parent.
        gain: float64[operators], median difference in fitness from that parent, over the children that are valid; NaN
            where none is.
    """

    names: tuple[str, ...]
    children: npt.NDArray[np.int64]
    entered: npt.NDArray[np.int64]
    better: npt.NDArray[np.int64]
    gain: npt.NDArray[np.float64]

    @classmethod
    def of(cls, generations: Iterable[Children]) -> Self:
        """Return what became of the children of several generations."""
        several = list(generations)
        made = np.concatenate([np.zeros(0, dtype=np.str_), *(each.operators for each in several)])
        entered = np.concatenate([np.zeros(0, dtype=bool), *(each.entered for each in several)])
        with np.errstate(invalid="ignore"):  # an invalid child of an invalid parent
            gain = np.concatenate([np.zeros(0), *(each.fitness - each.parent_fitness for each in several)])
        names, index, children = np.unique(made, return_inverse=True, return_counts=True)
        order = np.argsort(-children, kind="stable")
        finite = np.isfinite(gain)
        medians = [np.median(own) if len(own := gain[finite & (index == name)]) else np.nan for name in order]
        return cls(
            tuple(names[order].tolist()),
            children[order].astype(np.int64),
            np.bincount(index[entered], minlength=len(names))[order].astype(np.int64),
            np.bincount(index[gain > 0.0], minlength=len(names))[order].astype(np.int64),
            np.array(medians, dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.names)
