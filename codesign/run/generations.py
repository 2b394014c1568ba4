"""Runs whose search waits for all designs of a generation: asked, evaluated and told together."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np

from codesign.evaluate import Evaluations, EvaluationSpec, Evaluator, Request, elimination_thresholds
from codesign.run.checkpoint import Checkpoint
from codesign.run.curves import Curves
from codesign.run.designs import ISLAND
from codesign.run.experiment import Experiment
from codesign.run.inheritance import Living
from codesign.run.interruption import Interruption
from codesign.run.kept_weights import kept, needed
from codesign.run.speed import Speed
from codesign.run.starts import SeveralStarts
from codesign.search import Individuals, Search


@dataclass(frozen=True)
class Born:
    """All designs of a generation, evaluated; entry i of each field belongs to individual i.

    Attributes:
        designs: as they were asked for.
        evaluations: of these.
        inherited: which share of its weights each inherited, shape (n,); None where none inherits controllers.
        further: whole numbers of each by the names of their columns in tables.
        speed: at which designs are simulated; None where these are all that were.
    """

    designs: Individuals
    evaluations: Evaluations
    inherited: np.ndarray | None = None
    further: Mapping[str, np.ndarray] = field(default_factory=dict)
    speed: Speed | None = None


class Generations:
    """The generations of a search, one after the other, and what is kept of those that live.

    Args:
        search: the run's, which is asked and told here.
        experiment: the run's.
        parents: what the living pass on, which is kept up to date here.
        starts: what they did from each of their starts, likewise.
    """

    def __init__(self, search: Search, experiment: Experiment, parents: Living, starts: SeveralStarts) -> None:
        self._search, self._experiment, self._parents, self._starts = search, experiment, parents, starts
        self._evaluator: Evaluator | None = None
        self.weights: dict[tuple[int, int], np.ndarray] = {}
        self.curves = Curves.none()

    def begin(self, evaluator: Evaluator, spec: EvaluationSpec, interruption: Interruption) -> nullcontext[None]:
        """Have designs evaluated by an evaluator from now on."""
        del spec, interruption
        self._evaluator = evaluator
        return nullcontext()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint, from which the search was restored before."""
        self.weights, self.curves = checkpoint.weights, checkpoint.curves if self._races else Curves.none()

    def recorded(self, population: Individuals) -> Individuals:
        """Return those members of a population that are in a table: all."""
        return population

    def state(self) -> dict[str, np.ndarray]:
        """Return what a checkpoint has besides the search, weights and curves: nothing."""
        return {}

    def advance(self, interruption: Interruption) -> Born:
        """Ask for a generation, evaluate it and tell it; a signal interrupts all but what comes last.

        Args:
            interruption: whose signals interrupt.
        """
        assert self._evaluator is not None, "not begun"
        generation = self._search.generation
        with interruption.interruptible():
            asked = self._search.ask()
            living = self._search.population.fitness if generation else np.zeros(0)
            keep = needed(self._experiment.checkpoints.weights, living)
            first, wanted = self._parents.first(asked), self._parents.needed(keep, self._search)
            request = Request(asked.genomes, asked.identities, self._thresholds(), wanted, first)
            before = self._search.population if generation else None
            found = self._evaluator.evaluate(self._starts.request(request, before))
            judged = self._starts.judge(asked, before, found)
        evaluations = judged.own
        if judged.revised is not None:
            self._search.revise(judged.revised)
        self._search.tell(judged.fitness, evaluations.measures)
        population = self._search.population
        self._parents.survive(population, asked, evaluations)
        if judged.starts is None:
            self.weights = kept(keep, population, asked.identities, evaluations, self.weights)
        else:
            self.weights = self._starts.kept(keep.count, population, judged, asked, self.weights)
            self._starts.survive(population)
        if self._races:
            self.curves = self.curves.after(population, generation, evaluations.curves)
        count = len(self._search.islands)
        islands = {} if count == 1 else {ISLAND: np.repeat(np.arange(count), len(asked) // count)}
        return Born(asked, evaluations, self._parents.shares, islands)

    @property
    def _races(self) -> bool:
        """Whether newcomers are compared with how the living learned."""
        return bool(self._experiment.trial.learner.in_generation(1).rungs)

    def _thresholds(self) -> np.ndarray | None:
        """Return the performance that the next designs must reach to go on learning, from how the living learned."""
        if not self._races or not self._search.generation:
            return None
        population, first = self._search.population, self._experiment.trial.learner
        learner = first.in_generation(self._search.generation)
        alike = None if learner is first else population.identities[:, 0] > 0
        return elimination_thresholds(learner, self.curves.of(population.identities), population.fitness, alike)
