"""Runs generation by generation, beyond fitness: how alike the living are, and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from codesign.analysis import effective_number
from codesign.genome import keys
from codesign.run import diversity
from codesign.search import Individuals
from codesign.trainability.sources import AnalysedRun


@dataclass(frozen=True)
class PopulationNumbers:
    """A population after a generation.

    Attributes:
        run: place of the run.
        generation: its number.
        best, mean: fitness of the valid members.
        members: how many are valid.
        hamming: mean share of cells in which two members differ.
        shapes: bodies that are distinct up to their place on the lattice and mirror images, muscles left out.
        gait_spread: root mean square distance of two members in the measures of their gaits, each in units of its
            standard deviation over all designs of the run; NaN where tables have none.
        founders, effective_founders, depth: see `Kinship`.
        age: mean number of generations since the members were made.
    """

    run: int
    generation: int
    best: float
    mean: float
    members: int
    hamming: float
    shapes: int
    gait_spread: float
    founders: int
    effective_founders: float
    depth: float
    age: float


def of_population(
    run: AnalysedRun, place: int, generation: int, population: Individuals, gaits: "Gaits"
) -> PopulationNumbers:
    """Return the numbers of a population."""
    valid = population.take(np.isfinite(population.fitness))
    if not len(valid):
        nothing = float("nan")
        return PopulationNumbers(
            place, generation, nothing, nothing, 0, nothing, 0, nothing, 0, nothing, nothing, nothing
        )
    places = run.lineages.places(valid.identities)
    founders = run.lineages.founders[places]
    shapes = keys(run.spec.lattice.build(), valid.genomes, shape_only=True, symmetric=True)
    return PopulationNumbers(
        place,
        generation,
        float(valid.fitness.max()),
        float(valid.fitness.mean()),
        len(valid),
        diversity(valid.genomes),
        len(np.unique(shapes, axis=0)),
        gaits.spread(valid.identities),
        len(np.unique(founders)),
        effective_number(founders),
        float(run.lineages.depths[places].mean()),
        float(generation - valid.identities[:, 0].mean()),
    )


class Gaits:
    """Measures of the gaits of a run's designs, standardised over all of them.

    Args:
        run: whose tables have the measures.
    """

    def __init__(self, run: AnalysedRun) -> None:
        identities, found = list[np.ndarray](), list[Mapping[str, np.ndarray]]()
        for generation in run.generations:
            identities.append(run.tables.outcomes(generation).identities)
            found.append(run.tables.measures(generation))
        names = sorted(set.intersection(*(set(each) for each in found)))
        born = np.concatenate(identities)
        self._order = np.lexsort((born[:, 1], born[:, 0]))
        self._numbers = _numbers(born[self._order])
        columns = [np.concatenate([each[name] for each in found]) for name in names]
        values = np.stack(columns, axis=1) if columns else np.zeros((len(born), 0))
        known = np.where(np.isfinite(values), values, np.nan)
        # Of a run without a valid design nothing is known of some measures, or of all.
        known = known[:, np.isfinite(known).any(axis=0)]
        deviation = np.nanstd(known, axis=0)
        self._values = known[:, deviation > 0.0] / deviation[deviation > 0.0]

    def spread(self, identities: np.ndarray) -> float:
        """Return the root mean square distance of two of some designs; NaN where there are none to measure."""
        own = self._values[self._order[np.searchsorted(self._numbers, _numbers(identities))]]
        own = own[np.isfinite(own).all(axis=1)]
        if len(own) < 2 or not own.shape[1]:
            return float("nan")
        # The mean square distance of two is twice the variance.
        return float(np.sqrt(2.0 * own.var(axis=0, ddof=1).sum()))


def _numbers(identities: np.ndarray) -> np.ndarray:
    return identities[:, 0] * np.int64(1 << 32) + identities[:, 1]
