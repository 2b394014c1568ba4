"""What members of a population come to without what they inherited: taught from drawn weights, beside their fitness."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from codesign.evaluate import Evaluator, KeptWeights, Request
from codesign.run.design_tables import DesignTables
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.identities import Identity
from codesign.search import Individuals

_NO_WEIGHTS = KeptWeights(0)


class FromScratch:
    """Teaches each design that enters the population once more, from drawn weights, as designs of generation 0 learn.

    Inherited fitness tells how good a robot is, and not how well its body learns; this tells the latter. Selection
    knows nothing of it. A design of generation 0 learned so anyhow.

    Args:
        experiment: the run's; nothing is done unless its search is set to.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._some = experiment.search.from_scratch
        self._fitness: dict[Identity, float] = {}
        self.robot_steps = 0
        """Steps simulated for it in the generation last taught."""

    def teach(self, evaluator: Evaluator, population: Individuals, generation: int) -> None:
        """Teach those members that were born in a generation, and forget who is no member any more."""
        self.robot_steps = 0
        if not self._some:
            return
        members = [(int(born), int(number)) for born, number in population.identities.tolist()]
        found = {own: self._fitness[own] for own in members if own in self._fitness}
        new = np.flatnonzero(population.identities[:, 0] == generation)
        if generation == 0:
            found |= {members[place]: float(population.fitness[place]) for place in new.tolist()}
        elif len(new):
            # As an individual of generation 0, from a start that no design of a run has: that of a later attempt.
            identities = population.identities[new].copy()
            attempts = identities[:, 0].copy()
            identities[:, 0] = 0
            request = Request(population.genomes[new], identities, keep=_NO_WEIGHTS, attempts=attempts)
            evaluations = evaluator.evaluate(request)
            self.robot_steps = evaluations.robot_steps
            taught = zip(new.tolist(), evaluations.fitness.tolist(), strict=True)
            found |= {members[place]: fitness for place, fitness in taught}
        self._fitness = found

    def of(self, designs: Individuals) -> NDArray[np.float64] | None:
        """Return the fitness of designs from scratch, NaN of those that were not taught, None where none ever is."""
        if not self._some:
            return None
        return np.array([self._fitness.get((born, number), np.nan) for born, number in designs.identities.tolist()])

    def numbers(self) -> Mapping[str, float | None]:
        """Return best and mean of the valid members by their names in metrics, nothing where none is ever taught."""
        if not self._some:
            return {}
        valid = [fitness for fitness in self._fitness.values() if np.isfinite(fitness)]
        best, mean = (max(valid), float(np.mean(valid))) if valid else (None, None)
        return {"from_scratch_best": best, "from_scratch_mean": mean}

    def restore(self, folder: RunFolder, population: Individuals) -> None:
        """Read what the members came to from the run's tables.

        Raises:
            DesignError: the run has not evaluated one of them.
            RunError: a table cannot be read.
        """
        if not self._some:
            return
        members = [(int(born), int(number)) for born, number in population.identities.tolist()]
        told = {own.identity: own.from_scratch for own in DesignTables(folder).find(members)}
        self._fitness = {own: fitness for own, fitness in told.items() if fitness is not None}
