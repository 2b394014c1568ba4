"""Variation of a population: every parent gets a child that differs from it, with a record of how it was made."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from codesign.checks import require_count, require_entries
from codesign.errors import ConfigError
from codesign.genome.genomes import Genomes, check_genomes
from codesign.genome.keys import same_bodies
from codesign.genome.lattice import Lattice
from codesign.genome.operators import VARIATIONS, Operator
from codesign.genome.repair import repair

# With so many attempts, 512 changes in all, the last resort finds a child that differs if the lattice has one.
_LAST_ATTEMPTS = 10


@dataclass(frozen=True)
class VariationSettings:
    """Which operators make the children, and how often.

    Attributes:
        name: the name of the choice.
        weights: relative frequencies of the operators by name; operators that are not named are not used. Empty: all of
            `VARIATIONS` are equally frequent. Those that do not apply to a lattice are left out there.
        attempts: how often a child that equals its parent is changed again before other means are tried.

    Raises:
        ConfigError: an unknown operator, a weight below 0 or not finite, no weight above 0, or attempts below 1.
    """

    name: str = "weighted"
    weights: dict[str, float] = field(default_factory=dict)
    attempts: int = 6

    def __post_init__(self) -> None:
        require_entries(self, "weights", at_least=0.0, example=1.0)
        for operator in self.weights:
            if operator not in VARIATIONS:
                remedy = f"use one of {', '.join(VARIATIONS)}"
                raise ConfigError("those of operators that exist", repr(operator), remedy, "weights")
        if self.weights and not any(self.weights.values()):
            remedy = "give at least one operator a weight such as 1"
            raise ConfigError("numbers of which one is above 0", repr(dict(self.weights)), remedy, "weights")
        require_count(self, "attempts", example=6)

    def operators(self, lattice: Lattice) -> tuple[list[Operator], NDArray[np.float64]]:
        """Return the operators in use on a lattice, in the order of the registry, and their probabilities.

        Raises:
            ConfigError: none of those with a weight applies to the lattice.
        """
        weights = self.weights or dict.fromkeys(VARIATIONS, 1.0)
        wanted = [operator for name, operator in VARIATIONS.items() if weights.get(name, 0) > 0]
        chosen = [operator for operator in wanted if operator.applies(lattice)]
        if not chosen:
            names = ", ".join(operator.name for operator in wanted)
            remedy = "give another operator a weight such as 1, or choose another body"
            raise ConfigError(f"a weight for an operator that applies to the {lattice.name} lattice", names, remedy)
        values = np.array([weights[operator.name] for operator in chosen], dtype=np.float64)
        return chosen, values / values.sum()


@dataclass(frozen=True, eq=False)
class Offspring:
    """Children with their lineage.

    Attributes:
        genomes: the children, repaired.
        parents: indices of the parent and the (last) mate in the population, -1 for none, shape (n, 2).
        operators: name of the operator that made each child.
    """

    genomes: Genomes
    parents: NDArray[np.int64]
    operators: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.genomes)


def vary(
    lattice: Lattice,
    population: Genomes,
    parents: NDArray[np.integer],
    generators: Sequence[np.random.Generator],
    settings: VariationSettings,
    mates: NDArray[np.integer] | None = None,
) -> Offspring:
    """Return one repaired child per parent, each a function of its own generator and the population only.

    A child that equals its parent (see `keys`) is changed again by the same operator, on top of the changes that did
    not show and each time as often as so far altogether, as in Strgar et al. 2024; unless `mates` says otherwise, with
    new mates. A mirror image or rotation of the parent is another design: it goes another way. A change that leaves
    nothing is not made. After `settings.attempts` attempts the child is made anew by flips of its parent's muscles, or
    of its cells where there are no muscles to flip. It is the parent itself only on a lattice that has no other body.

    Args:
        lattice: the lattice of the genomes.
        population: repaired genomes.
        parents: index of each child's parent in the population, shape (n,).
        generators: one per child.
        settings: which operators, how often.
        mates: index of each child's mate for operators with two parents, shape (n,); if None, each draws one of the
            other members.

    Raises:
        GenomeError: the population does not fit the lattice, or has a genome without a body.
        ConfigError: none of the operators applies to the lattice.
    """
    check_genomes(lattice, population)
    batch = _OffspringBatch(lattice, population, np.asarray(parents, dtype=np.int64), generators, mates)
    batch.choose(settings)
    batch.change(settings.attempts)
    batch.restart(_last_resort(lattice))
    batch.change(_LAST_ATTEMPTS)
    lineage = np.stack([batch.parents, batch.mates], axis=1)
    return Offspring(Genomes(batch.cells, batch.muscles), lineage, tuple(operator.name for operator in batch.operators))


def _last_resort(lattice: Lattice) -> Operator:
    """Return an operator that can change every body: by its muscles or materials if it has a choice of them."""
    return VARIATIONS["muscle_flip" if lattice.muscle_genes or len(lattice.materials) > 2 else "cell_flip"]


class _OffspringBatch:
    """The children of one call of `vary` while they are made.

    `cells` and `muscles` are the repaired children, and `pending` numbers those that still equal their parents. `raw`
    holds the children before repair, with all changes that were made to them so far.
    """

    def __init__(
        self,
        lattice: Lattice,
        population: Genomes,
        parents: NDArray[np.int64],
        generators: Sequence[np.random.Generator],
        mates: NDArray[np.integer] | None,
    ) -> None:
        self.lattice, self.population, self.parents, self.generators = lattice, population, parents, generators
        self.given_mates = mates
        self.mates = np.full(len(parents), -1, dtype=np.int64)
        self.raw = [population[parent] for parent in parents]
        self.operators: list[Operator] = []
        self.cells, self.muscles = population.cells[parents], population.muscles[parents]
        self.pending = np.arange(len(parents))

    def choose(self, settings: VariationSettings) -> None:
        """Let each child's generator choose its operator."""
        operators, probabilities = settings.operators(self.lattice)
        thresholds = np.cumsum(probabilities)[:-1]
        draws = [generator.random() for generator in self.generators]
        self.operators = [operators[choice] for choice in np.searchsorted(thresholds, draws, side="right")]

    def change(self, attempts: int) -> None:
        """Change the pending children, as often as allowed, until they differ from their parents."""
        for attempt in range(attempts):
            if not len(self.pending):
                return
            for child in self.pending.tolist():
                for _ in range(2 ** max(attempt - 1, 0)):
                    self._change_one(child)
            repaired = repair(self.lattice, Genomes.stack([self.raw[child] for child in self.pending]))
            self.cells[self.pending], self.muscles[self.pending] = repaired.cells, repaired.muscles
            shape_only = np.array([self.operators[child].reshapes for child in self.pending])
            parents = self.population[self.parents[self.pending]]
            self.pending = self.pending[same_bodies(self.lattice, parents, repaired, shape_only)]

    def restart(self, operator: Operator) -> None:
        """Discard the pending children and start again from their parents with another operator."""
        for child in self.pending.tolist():
            self.operators[child] = operator
            self.raw[child] = self.population[self.parents[child]]
            self.mates[child] = -1

    def _change_one(self, child: int) -> None:
        operator, generator = self.operators[child], self.generators[child]
        mate = None
        if operator.parents == 2:
            self.mates[child] = self._mate(child)
            mate = self.population[self.mates[child]]
        changed = operator(self.lattice, self.raw[child], mate, generator)
        if changed.cells.any():
            self.raw[child] = changed

    def _mate(self, child: int) -> int:
        if self.given_mates is not None:
            return int(self.given_mates[child])
        if len(self.population) == 1:
            return 0
        other = int(self.generators[child].integers(len(self.population) - 1))
        return other + (other >= self.parents[child])
