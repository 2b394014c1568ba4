"""What children have of the bodies that their parents learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from codesign.evaluate import MASSES, SPRINGS, DesignWeights, Evaluations, EvaluationSpec, inherited_weights
from codesign.genome import Genomes
from codesign.run.design_tables import DesignTables
from codesign.run.designs import Design
from codesign.search import Individuals

_Identity = tuple[int, int]


@dataclass(frozen=True)
class Parent:
    """What of a design its children may inherit.

    Attributes:
        cells: of its genome, uint8, shape (cells,).
        body_weights: what learning changed about its body, flat.
    """

    cells: np.ndarray
    body_weights: np.ndarray


def first_body_weights(
    spec: EvaluationSpec,
    genomes: Genomes,
    lineage: Sequence[Sequence[_Identity]],
    parents: Mapping[_Identity, Parent],
) -> DesignWeights | None:
    """Return the weights that the bodies of designs begin with, None where all begin as drawn.

    Args:
        spec: how the designs are evaluated.
        genomes: of the designs.
        lineage: identities of the parents of each, the first parent first.
        parents: all of these.
    """
    if not _inherits(spec):
        return None
    lattice, none = spec.lattice.build(), np.zeros(0, dtype=spec.execution.precision)
    blocks = [MASSES if name == "masses" else SPRINGS for name in spec.learner.body.learned]
    found = []
    for cells, own in zip(genomes.cells, lineage, strict=True):
        those = [parents[identity] for identity in own]
        weights = [parent.body_weights for parent in those]
        if not any(len(each) for each in weights):
            found.append(none)
            continue
        theirs = np.stack([parent.cells for parent in those])
        found.append(inherited_weights(lattice, blocks, cells, theirs, weights))
    return DesignWeights.joined(found)


def first_body_weights_of(
    spec: EvaluationSpec, designs: Sequence[Design], tables: DesignTables
) -> DesignWeights | None:
    """Return the weights that the bodies of a run's designs began with, None where all began as drawn.

    Args:
        spec: how the designs were evaluated.
        designs: at least one.
        tables: the run's, which have their parents.

    Raises:
        DesignError: the run has not evaluated one of the parents.
        RunError: a table cannot be read.
    """
    if not _inherits(spec):
        return None
    needed = sorted({identity for design in designs for identity in design.parents})
    parents = {design.identity: _parent(spec, design) for design in tables.find(needed)}
    genomes = Genomes.stack([design.genome for design in designs])
    return first_body_weights(spec, genomes, [design.parents for design in designs], parents)


def _inherits(spec: EvaluationSpec) -> bool:
    return spec.learner.body.inherit and bool(spec.learner.body.learned)


def _parent(spec: EvaluationSpec, design: Design) -> Parent:
    return Parent(design.genome.cells, design.body_weights.astype(spec.execution.precision))


class InheritedBodies:
    """What the living of a run pass on to their children, generation by generation.

    Args:
        spec: how designs are evaluated.
    """

    def __init__(self, spec: EvaluationSpec) -> None:
        self._spec = spec
        self._living: dict[_Identity, Parent] = {}

    def first(self, asked: Individuals) -> DesignWeights | None:
        """Return the weights that the bodies of the next designs begin with, None where all begin as drawn."""
        lineage = [[(int(a), int(b)) for a, b in own if a >= 0] for own in asked.parents.tolist()]
        return first_body_weights(self._spec, asked.genomes, lineage, self._living)

    def survive(self, population: Individuals, asked: Individuals, evaluations: Evaluations) -> None:
        """Keep what the members of a population learned, after those last asked for were evaluated and selected."""
        if not _inherits(self._spec) or evaluations.body_weights is None:
            return
        places = {_pair(identity): place for place, identity in enumerate(asked.identities.tolist())}
        living = {}
        for identity, cells in zip(map(_pair, population.identities.tolist()), population.genomes.cells, strict=True):
            born = places.get(identity)
            living[identity] = (
                self._living[identity] if born is None else Parent(cells, evaluations.body_weights.of(born))
            )
        self._living = living

    def restore(self, population: Individuals, tables: DesignTables) -> None:
        """Read what the members of a population learned from the run's tables.

        Raises:
            DesignError: the run has not evaluated one of them.
            RunError: a table cannot be read.
        """
        if not _inherits(self._spec):
            return
        living = tables.find([_pair(identity) for identity in population.identities.tolist()])
        self._living = {design.identity: _parent(self._spec, design) for design in living}


def _pair(identity: Sequence[int]) -> _Identity:
    generation, individual = identity
    return generation, individual
