"""Variation of a population: every parent gets a child that differs from it, with a record of how it was made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codesign.checks import require_count, require_entries
from codesign.errors import ConfigError
from codesign.genome.genomes import Genomes, check_genomes
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
    parents = np.asarray(parents, dtype=np.int64)
    choices = np.searchsorted(np.cumsum(probabilities)[:-1], draws.uniform(1)[:, 0], side="right")
    names = np.array([operator.name for operator in operators], dtype=np.object_)[choices]
    children = _Children(lattice, population, parents, draws, mates)
    groups = [
        _Group(operator, own, population[parents[own]])
        for operator, own in zip(operators, (np.flatnonzero(choices == i) for i in range(len(operators))), strict=True)
    ]
    alike = children.change(groups, settings.attempts)
    last = _Group(_last_resort(lattice), alike, population[parents[alike]])
    names[alike] = last.operator.name
    children.mates[alike] = -1
    children.change([last], _LAST_ATTEMPTS)
    lineage = np.stack([parents, children.mates], axis=1)
    return Offspring(Genomes(children.cells, children.muscles), lineage, tuple(names.tolist()))


def _last_resort(lattice: Lattice) -> Operator:
    """Return an operator that can change every body: by its muscles or materials if it has a choice of them."""
    return VARIATIONS["muscle_flip" if lattice.muscle_genes or len(lattice.materials) > 2 else "cell_flip"]


class _Group(NamedTuple):
    """Children of one operator that still equal their parents.

    Attributes:
        operator: what makes them.
        own: their numbers among all children.
        raw: the children before repair, with all changes that were made to them so far.
    """

    operator: Operator
    own: NDArray[np.intp]
    raw: Genomes

    def parts(self) -> "list[_Group]":
        """Return the group in batches."""
        bytes_each = self.raw.cells.shape[1] + self.raw.muscles.shape[1]
        return [_Group(self.operator, self.own[part], self.raw[part]) for part in batches(len(self.own), bytes_each)]

    @staticmethod
    def joined(parts: "Sequence[_Group]") -> "_Group":
        """Return the groups of one operator, at least one, as one."""
        if len(parts) == 1:
            return parts[0]
        own = np.concatenate([part.own for part in parts])
        return _Group(parts[0].operator, own, Genomes.concatenate([part.raw for part in parts]))


class _Children:
    """The children of one call of `vary`, as far as they are made: their repaired genes, and their mates."""

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
        self.cells = np.empty((len(parents), lattice.cells), dtype=np.uint8)
        self.muscles = np.empty((len(parents), len(lattice.edges)), dtype=np.uint8)

    def change(self, groups: list[_Group], attempts: int) -> NDArray[np.intp]:
        """Change children, as often as allowed, until they differ from their parents; return those that never did."""
        for attempt in range(attempts):
            times = 2 ** max(attempt - 1, 0)
            parts = [group.parts() for group in groups]
            pieces = [part for each in parts for part in each]
            changed = iter(for_each(partial(self._change, times=times), pieces, [len(part.own) for part in pieces]))
            groups = [_Group.joined([next(changed) for _ in each]) for each in parts if each]
        return np.concatenate([np.zeros(0, np.intp), *(group.own for group in groups)])

    def _change(self, group: _Group, times: int) -> _Group:
        """Change the children of a group so many times, and return those that equal their parents nevertheless."""
        operator, own, raw = group
        for _ in range(times):
            raw = self._changed(operator, own, raw)
        parents = self.population[self.parents[own]]
        repaired = self._repaired(parents, raw)
        self.cells[own], self.muscles[own] = repaired.cells, repaired.muscles
        alike = np.flatnonzero(same_bodies(self.lattice, parents, repaired, shape_only=operator.reshapes))
        return _Group(operator, own[alike], raw[alike])

    def _changed(self, operator: Operator, own: NDArray[np.intp], raw: Genomes) -> Genomes:
        draws, mates = self.draws.of(own), None
        if operator.parents == 2:
            self.mates[own] = numbers = self._choose_mates(own, draws)
            mates = self.population[numbers]
        changed = operator(self.lattice, raw, mates, draws)
        empty = np.flatnonzero(~changed.cells.any(axis=1))
        if len(empty):
            changed.cells[empty], changed.muscles[empty] = raw.cells[empty], raw.muscles[empty]
        return changed

    def _choose_mates(self, own: NDArray[np.intp], draws: Draws) -> NDArray[np.int64]:
        if self.given_mates is not None:
            return self.given_mates[own].astype(np.int64)
        if len(self.population) == 1:
            return np.zeros(len(own), dtype=np.int64)
        others = draws.integers(len(self.population) - 1)
        return others + (others >= self.parents[own])

    def _repaired(self, parents: Genomes, raw: Genomes) -> Genomes:
        """Return children repaired; those whose cells are their parents' are whole."""
        cells = raw.cells.copy()
        changed = np.flatnonzero((cells != parents.cells).any(axis=1))
        if len(changed):
            cells[changed] = repaired_cells(self.lattice, cells[changed])
        return Genomes(cells, raw.muscles)
