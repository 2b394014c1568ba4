"""Variation of a population: every parent gets a child that differs from it, with a record of how it was made."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from codesign.checks import require_count, require_entries
from codesign.errors import ConfigError
from codesign.genome.genomes import Genomes, check_genomes, genes
from codesign.genome.keys import same_bodies
from codesign.genome.lattice import Lattice
from codesign.genome.operators import VARIATIONS, Operator
from codesign.genome.repair import repaired_cells
from codesign.parallel import batches, for_each
from codesign.streams import Draws

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
    draws: Draws,
    settings: VariationSettings,
    mates: NDArray[np.integer] | None = None,
) -> Offspring:
    """Return one repaired child per parent, each a function of its own random numbers and the population only.

    A child that equals its parent (see `keys`) is changed again by the same operator, on top of the changes that did
    not show and each time as often as so far altogether, as in Strgar et al. 2024; unless `mates` says otherwise, with
    new mates. A mirror image or rotation of the parent is another design: it goes another way. A change that leaves
    nothing is not made. After `settings.attempts` attempts the child is made anew by flips of its parent's muscles, or
    of its cells where there are no muscles to flip. It is the parent itself only on a lattice that has no other body.

    Args:
        lattice: the lattice of the genomes.
        population: repaired genomes.
        parents: index of each child's parent in the population, shape (n,).
        draws: random numbers of as many individuals.
        settings: which operators, how often.
        mates: index of each child's mate for operators with two parents, shape (n,); if None, each draws one of the
            other members.

    Raises:
        GenomeError: the population does not fit the lattice, or has a genome without a body.
        ConfigError: none of the operators applies to the lattice.
    """
    check_genomes(lattice, population)
    operators, probabilities = settings.operators(lattice)
    last = _last_resort(lattice)
    parents = np.asarray(parents, dtype=np.int64)
    choices = np.searchsorted(np.cumsum(probabilities)[:-1], draws.uniform(1)[:, 0], side="right")
    names = np.array([operator.name for operator in operators], dtype=np.object_)[choices]
    cells = np.empty((len(parents), lattice.cells), dtype=np.uint8)
    muscles = np.empty((len(parents), len(lattice.edges)), dtype=np.uint8)
    lineage = np.stack([parents, np.full_like(parents, -1)], axis=1)

    def make(piece: tuple[Operator, NDArray[np.intp]]) -> None:
        operator, own = piece
        batch = _OffspringBatch(lattice, population, parents[own], draws.of(own), None if mates is None else mates[own])
        batch.change(operator, settings.attempts)
        names[own[batch.pending]] = last.name
        batch.restart()
        batch.change(last, _LAST_ATTEMPTS)
        cells[own], muscles[own], lineage[own, 1] = batch.cells, batch.muscles, batch.mates

    made_by = [np.flatnonzero(choices == number) for number in range(len(operators))]
    pieces = [
        (operator, own[batch])
        for operator, own in zip(operators, made_by, strict=True)
        for batch in batches(len(own), genes(lattice))
    ]
    for_each(make, pieces)
    return Offspring(Genomes(cells, muscles), lineage, tuple(names.tolist()))


def _last_resort(lattice: Lattice) -> Operator:
    """Return an operator that can change every body: by its muscles or materials if it has a choice of them."""
    return VARIATIONS["muscle_flip" if lattice.muscle_genes or len(lattice.materials) > 2 else "cell_flip"]


class _OffspringBatch:
    """Some children of one operator while they are made.

    `cells` and `muscles` are the repaired children, and `pending` numbers those that still equal their parents. `raw`
    holds these before repair, with all changes that were made to them so far.
    """

    def __init__(
        self,
        lattice: Lattice,
        population: Genomes,
        parents: NDArray[np.int64],
        draws: Draws,
        mates: NDArray[np.integer] | None,
    ) -> None:
        self.lattice, self.population, self.parents, self.draws = lattice, population, parents, draws
        self.given_mates = mates
        self.mates = np.full(len(parents), -1, dtype=np.int64)
        self.raw = population[parents]
        self.cells, self.muscles = self.raw.cells.copy(), self.raw.muscles.copy()
        self.pending = np.arange(len(parents))

    def change(self, operator: Operator, attempts: int) -> None:
        """Change the pending children, as often as allowed, until they differ from their parents."""
        for attempt in range(attempts):
            if not len(self.pending):
                return
            for _ in range(2 ** max(attempt - 1, 0)):
                self._change_once(operator)
            parents = self.population[self.parents[self.pending]]
            repaired = self._repaired(parents)
            self.cells[self.pending], self.muscles[self.pending] = repaired.cells, repaired.muscles
            alike = np.flatnonzero(same_bodies(self.lattice, parents, repaired, shape_only=operator.reshapes))
            self.pending, self.raw = self.pending[alike], self.raw[alike]

    def restart(self) -> None:
        """Discard what was done to the pending children, and start again from their parents."""
        self.raw = self.population[self.parents[self.pending]]
        self.mates[self.pending] = -1

    def _change_once(self, operator: Operator) -> None:
        draws, mates = self.draws.of(self.pending), None
        if operator.parents == 2:
            self.mates[self.pending] = numbers = self._choose_mates(draws)
            mates = self.population[numbers]
        changed = operator(self.lattice, self.raw, mates, draws)
        empty = np.flatnonzero(~changed.cells.any(axis=1))
        if len(empty):
            changed.cells[empty], changed.muscles[empty] = self.raw.cells[empty], self.raw.muscles[empty]
        self.raw = changed

    def _choose_mates(self, draws: Draws) -> NDArray[np.int64]:
        if self.given_mates is not None:
            return self.given_mates[self.pending].astype(np.int64)
        if len(self.population) == 1:
            return np.zeros(len(self.pending), dtype=np.int64)
        others = draws.integers(len(self.population) - 1)
        return others + (others >= self.parents[self.pending])

    def _repaired(self, parents: Genomes) -> Genomes:
        """Return the pending children repaired; those whose cells are their parents' are whole."""
        cells = self.raw.cells.copy()
        changed = np.flatnonzero((cells != parents.cells).any(axis=1))
        if len(changed):
            cells[changed] = repaired_cells(self.lattice, cells[changed])
        return Genomes(cells, self.raw.muscles)
