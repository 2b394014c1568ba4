"""What designs of a run inherit of the weights that their parents learned: those of controllers, of bodies, or both."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesign.errors import RunError
from codesign.evaluate import Ancestors, DesignWeights, Evaluations, EvaluationSpec, KeptWeights, WeightInheritance
from codesign.genome import Genomes
from codesign.run.design_tables import DesignTables
from codesign.run.designs import Design
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.identities import Identity, identity_pair
from codesign.run.parent_weights import find_parent_weights, write_parent_weights
from codesign.search import MIXED, NO_INHERITANCE, NO_PARENT, Individuals, Search
from codesign.streams import Draws, Purpose, stream_keys


@dataclass(frozen=True)
class Parent:
    """What of a design its children may inherit.

    Attributes:
        cells: of its genome, uint8, shape (cells,).
        weights: what it learned, flat: its controller's weights and its body's where controllers are inherited, else
            its body's. None of a design that learned nothing sound.
    """

    cells: NDArray[np.uint8]
    weights: NDArray[np.floating]


class Inheritance:
    """What designs begin to learn from, given their parents.

    It depends on designs, parents and settings alone, so that the start of any design of a run can be made again.

    Args:
        experiment: the run's.
    """

    def __init__(self, experiment: Experiment) -> None:
        spec, search = experiment.trial, experiment.search
        self._spec, self._seed = spec, experiment.seed
        self._chance = search.inheritance_probability if search.inheritance == MIXED else None
        self.controllers = search.inheritance != NO_INHERITANCE
        """Whether weights of controllers are inherited."""
        self.some = self.controllers or (spec.learner.body.inherit and bool(spec.learner.body.learned))
        """Whether anything is."""
        self._none = np.zeros(0, dtype=spec.execution.precision)
        self._mapping = WeightInheritance(spec, controllers=self.controllers) if self.some else None

    def first(
        self,
        genomes: Genomes,
        identities: NDArray[np.int64],
        lineage: NDArray[np.int64],
        parents: Mapping[Identity, Parent],
    ) -> tuple[DesignWeights | None, NDArray[np.float64]]:
        """Return the weights that designs begin with, None where all are drawn, and the share of each that it inherits.

        Args:
            genomes: of the designs.
            identities: (generation, individual) of each, int64, shape (n, 2).
            lineage: identities of its parents, `NO_PARENT` where it has none, int64, shape (n, 2, 2).
            parents: all of these.
        """
        if self._mapping is None or not (lineage[:, :, 0] >= 0).any():
            return None, np.zeros(len(genomes))
        places = {identity: place for place, identity in enumerate(parents)}
        known = list(parents.values())
        ancestors = Ancestors(np.stack([parent.cells for parent in known]), [parent.weights for parent in known])
        rows = np.array(
            [[-1 if born == NO_PARENT else places[born, number] for born, number in own] for own in lineage.tolist()]
        )
        allowed = None
        if self._chance is not None:
            keys = stream_keys(self._seed, identities, Purpose.INHERITANCE)
            allowed = Draws(keys).uniform(1)[:, 0] < self._chance
        weights, shares = self._mapping.inherited(genomes.cells, rows, ancestors, allowed)
        return (weights if len(weights.values) else None), shares

    def first_of(self, folder: RunFolder, designs: Sequence[Design]) -> DesignWeights | None:
        """Return the weights that designs of a run began with, None where all were drawn.

        Args:
            folder: the run's, which has their parents.
            designs: at least one.

        Raises:
            DesignError: the run has not evaluated one of the parents.
            RunError: a table, or a file of weights, cannot be read.
        """
        if not self.some:
            return None
        parents = self.parents(folder, sorted({identity for design in designs for identity in design.parents}))
        lineage = np.full((len(designs), 2, 2), NO_PARENT, dtype=np.int64)
        for own, design in zip(lineage, designs, strict=True):
            for place, identity in enumerate(design.parents):
                own[place] = identity
        genomes = Genomes.stack([design.genome for design in designs])
        identities = np.array([design.identity for design in designs], dtype=np.int64)
        return self.first(genomes, identities, lineage, parents)[0]

    def parents(self, folder: RunFolder, identities: Sequence[Identity]) -> dict[Identity, Parent]:
        """Return designs of a run as parents of others.

        Raises:
            DesignError: the run has not evaluated one of them.
            RunError: a table, or a file of weights, cannot be read.
        """
        designs = DesignTables(folder).find(identities)
        if not self.controllers:
            return {own.identity: Parent(own.genome.cells, self._typed(own.body_weights)) for own in designs}
        weights = find_parent_weights(folder.weights, identities)
        require_fitting(self._spec, designs, weights, folder.weights)
        return {own.identity: Parent(own.genome.cells, weights.get(own.identity, self._none)) for own in designs}

    def _typed(self, weights: NDArray[np.floating]) -> NDArray[np.floating]:
        return weights.astype(self._none.dtype)


def require_fitting(
    spec: EvaluationSpec, designs: Sequence[Design], weights: Mapping[Identity, NDArray[np.floating]], path: Path
) -> None:
    """Check that weights of designs that were read from a run are as many as theirs, in the run's precision.

    Args:
        spec: how the designs are evaluated.
        designs: any.
        weights: of some of them, by identity.
        path: where they were read, for errors.

    Raises:
        RunError: they are not.
    """
    for design in designs:
        own = weights.get(design.identity)
        if own is None:
            continue
        shapes = spec.weighted.weight_shapes(design.masses, design.springs, spec.dimension, spec.physics.steps)
        count = sum(math.prod(shape) for shape in shapes.values())
        if len(own) != count or own.dtype != np.dtype(spec.execution.precision):
            got = f"{len(own)} in {own.dtype} in {path}"
            remedy = "restore the file, or use the run's own configuration"
            raise RunError(f"{count} weights of {design.id} in {spec.execution.precision}", got, remedy)


class Living:
    """What the living of a run pass on to their children, generation by generation.

    Args:
        inheritance: what designs inherit.
    """

    def __init__(self, inheritance: Inheritance) -> None:
        self._inheritance = inheritance
        self._living: dict[Identity, Parent] = {}
        self._unwritten: dict[Identity, Parent] = {}
        self._shares: NDArray[np.float64] | None = None

    @property
    def shares(self) -> NDArray[np.float64] | None:
        """Which share of its weights each design last asked for inherited, None where none inherits controllers."""
        return self._shares

    def first(self, asked: Individuals) -> DesignWeights | None:
        """Return the weights that the next designs begin with, None where all are drawn."""
        own = self._inheritance.first(asked.genomes, asked.identities, asked.parents, self._living)
        self._shares = own[1] if self._inheritance.controllers else None
        return own[0]

    def needed(self, keep: KeptWeights, search: Search) -> KeptWeights:
        """Return of which of the next designs weights are needed: of all that may become parents.

        Args:
            keep: of which they are needed anyway.
            search: which asked for the designs.
        """
        if not self._inheritance.controllers:
            return keep
        return KeptWeights(_ALL, min(keep.above, search.entrance))

    def survive(self, population: Individuals, asked: Individuals, evaluations: Evaluations) -> None:
        """Keep what the members of a population learned, after those last asked for were evaluated and selected."""
        if not self._inheritance.some:
            return
        members = list(map(identity_pair, population.identities.tolist()))
        born = self._learned(asked, evaluations, set(members))
        self._unwritten |= born
        self._living = {identity: born.get(identity) or self._living[identity] for identity in members}

    def remember(self, designs: Individuals, evaluations: Evaluations) -> None:
        """Keep what designs learned that may have been members before, whether they live or not."""
        if self._inheritance.some:
            born = self._learned(designs, evaluations, set(map(identity_pair, designs.identities.tolist())))
            self._unwritten, self._living = self._unwritten | born, self._living | born

    def _learned(self, designs: Individuals, evaluations: Evaluations, wanted: set[Identity]) -> dict[Identity, Parent]:
        """Return those of evaluated designs that are wanted as parents of others."""
        found = {}
        for place, identity in enumerate(map(identity_pair, designs.identities.tolist())):
            if identity not in wanted:
                continue
            cells = designs.genomes.cells[place]
            if self._inheritance.controllers:
                found[identity] = Parent(cells, evaluations.weights_of(place).copy())
            elif evaluations.body_weights is not None:
                found[identity] = Parent(cells, evaluations.body_weights.of(place))
        return found

    def write(self, folder: RunFolder, generation: int) -> None:
        """Write what those learned that were born in a generation and members, where controllers are inherited.

        Raises:
            OutputError: the folder cannot be written to.
        """
        own = {key: parent for key, parent in sorted(self._unwritten.items()) if key[0] == generation}
        self._unwritten = {key: parent for key, parent in self._unwritten.items() if key not in own}
        if not self._inheritance.controllers:
            return
        newborn = {key: parent.weights for key, parent in own.items() if len(parent.weights)}
        write_parent_weights(folder.weights, generation, newborn)

    def restore(self, folder: RunFolder, population: Individuals) -> None:
        """Read what the members of a population learned from the run's records.

        Raises:
            DesignError: the run has not evaluated one of them.
            RunError: a table, or a file of weights, cannot be read.
        """
        if self._inheritance.some:
            self._living = self._inheritance.parents(
                folder, [identity_pair(own) for own in population.identities.tolist()]
            )


_ALL = 2**62
"""More designs than any generation has."""
