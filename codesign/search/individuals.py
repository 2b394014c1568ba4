"""The record that a search proposes and keeps: genomes with their lineage and fitness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from codesign.genome import Genomes

NO_PARENT = -1
"""Stands for no parent in lineage."""

NOT_EVALUATED = np.nan

MEASURE = "measure."
"""What the names of the arrays of measures begin with."""

_ARRAYS: dict[str, tuple[type[np.generic], tuple[int | None, ...]]] = {
    "cells": (np.uint8, (None, None)),
    "muscles": (np.uint8, (None, None)),
    "identities": (np.int64, (None, 2)),
    "parents": (np.int64, (None, 2, 2)),
    "operators": (np.uint8, (None,)),
    "fitness": (np.float64, (None,)),
}
"""Type and shape of the arrays that a record is stored as; None for any size."""


@dataclass(frozen=True)
class Individuals:
    """Designs with their lineage and fitness; entry i of every field belongs to design i.

    Attributes:
        genomes: the designs, length n.
        identities: (generation, individual) of each design, int64, shape (n, 2); no two designs of a run share one.
        parents: identities of up to two parents, `NO_PARENT` where there is none, int64, shape (n, 2, 2).
        operators: name of the variation operator that made each design, length n.
        fitness: higher is better; -inf for an invalid design, NaN before it is evaluated, float64, shape (n,).
        measures: further numbers of each design by name, those that the search looks at; NaN where a design has none,
            each float64, shape (n,).
    """

    genomes: Genomes
    identities: np.ndarray
    parents: np.ndarray
    operators: tuple[str, ...]
    fitness: np.ndarray
    measures: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.operators)

    def take(self, indices: np.ndarray) -> "Individuals":
        """Return the designs at `indices`, in that order, or those that a mask of one bool each chooses."""
        given = np.asarray(indices)
        indices = np.flatnonzero(given) if given.dtype == np.bool_ else given.astype(np.int64)
        return Individuals(
            self.genomes[indices],
            self.identities[indices],
            self.parents[indices],
            tuple(self.operators[index] for index in indices),
            self.fitness[indices],
            {name: values[indices] for name, values in self.measures.items()},
        )

    def joined(self, others: "Individuals") -> "Individuals":
        """Return these designs followed by `others`."""
        return Individuals.concatenate([self, others])

    @classmethod
    def concatenate(cls, parts: Sequence["Individuals"]) -> "Individuals":
        """Return the designs of all parts, at least one, one part after the other."""
        return cls(
            Genomes.concatenate([part.genomes for part in parts]),
            np.concatenate([part.identities for part in parts]),
            np.concatenate([part.parents for part in parts]),
            tuple(operator for part in parts for operator in part.operators),
            np.concatenate([part.fitness for part in parts]),
            {
                name: np.concatenate([part.measures.get(name, np.full(len(part), np.nan)) for part in parts])
                for name in dict.fromkeys(name for part in parts for name in part.measures)
            },
        )

    def replaced(self, indices: np.ndarray, others: "Individuals") -> "Individuals":
        """Return these designs with `others` in the places `indices`."""
        order = np.arange(len(self))
        order[indices] = len(self) + np.arange(len(others))
        return self.joined(others).take(order)

    def best_first(self) -> np.ndarray:
        """Return the order of decreasing fitness; among equals the older comes first, then the lower number."""
        return np.lexsort((self.identities[:, 1], self.identities[:, 0], -self.fitness))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the record as named arrays, the inverse of `from_arrays`."""
        return {
            "cells": self.genomes.cells,
            "muscles": self.genomes.muscles,
            "identities": self.identities,
            "parents": self.parents,
            "operators": np.frombuffer("\n".join(self.operators).encode("utf-8"), dtype=np.uint8),
            "fitness": self.fitness,
            **{f"{MEASURE}{name}": values for name, values in self.measures.items()},
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Individuals":
        """Return the record that `arrays` made.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays are of other types or shapes, do not describe the same number of designs, or hold a
                fitness that no design can have.
        """
        for name, (kind, shape) in _ARRAYS.items():
            array = arrays[name]
            if (
                array.dtype != kind
                or array.ndim != len(shape)
                or any(n not in (None, m) for n, m in zip(shape, array.shape, strict=True))
            ):
                raise ValueError(f"{name} as an array of {array.dtype} of shape {array.shape}")
        text = arrays["operators"].tobytes().decode("utf-8")
        operators = tuple(text.split("\n")) if text else ()
        measures = {name.removeprefix(MEASURE): array for name, array in arrays.items() if name.startswith(MEASURE)}
        if any(array.dtype != np.float64 or array.ndim != 1 for array in measures.values()):
            raise ValueError("measures that are no lists of numbers")
        lengths = {name: len(array) for name, array in arrays.items() if name != "operators"}
        if set(lengths.values()) != {len(operators)}:
            raise ValueError(f"{len(operators)} operators do not match the other arrays: {lengths}")
        if np.isnan(arrays["fitness"]).any() or np.isposinf(arrays["fitness"]).any():
            raise ValueError("a fitness that is NaN or +inf")
        return cls(
            Genomes(arrays["cells"], arrays["muscles"]),
            arrays["identities"],
            arrays["parents"],
            operators,
            arrays["fitness"],
            measures,
        )


def identities_of(generation: int, count: int) -> np.ndarray:
    """Return the identities of individuals 0 to `count` - 1 of a generation, int64, shape (count, 2)."""
    return np.stack([np.full(count, generation), np.arange(count)], axis=1).astype(np.int64)
