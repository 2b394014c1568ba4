"""Variation of a population: every parent gets a child that differs from it, with a record of how it was made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codesign.checks import require_count, require_default, require_entries, require_flag, require_number
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
        adapt: whether a search changes the weights during a run: operators whose children enter the population more
            often are used more (probability matching, Thierens 2005).
        adapt_rate: how fast it forgets what children came to: weight that a generation loses with each that follows,
            above 0, at most 1.
        adapt_floor: share of its weight that an operator keeps whatever its children come to, above 0, at most 1.

    Raises:
        ConfigError: an unknown operator, a weight below 0 or not finite, no weight above 0, attempts below 1, `adapt`
            neither true nor false, or a rate or floor out of range.
    """

    name: str = "weighted"
    weights: dict[str, float] = field(default_factory=dict)
    attempts: int = 6
    adapt: bool = False
    adapt_rate: float = 0.1
    adapt_floor: float = 0.2

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
        require_flag(self, "adapt")
        for name in ("adapt_rate", "adapt_floor"):
            require_number(self, name, above=0.0, at_most=1.0, example=0.2)

    def require_effect(self) -> None:
        """Check that no setting differs from its default where it does nothing, as `Learner.require_effect` does.

        Raises:
            ConfigError: one does.
        """
        for name in ("adapt_rate", "adapt_floor"):
            require_default(self, name, not self.adapt, "leave {field} out, or set adapt=true")

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
    made_by = [(operator, np.flatnonzero(choices == number)) for number, operator in enumerate(operators)]
    alike = children.change(made_by, settings.attempts)
    last = _last_resort(lattice)
    names[alike] = last.name
    children.mates[alike] = -1
    children.change([(last, alike)], _LAST_ATTEMPTS)
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

    def change(self, made_by: list[tuple[Operator, NDArray[np.intp]]], attempts: int) -> NDArray[np.intp]:
        """Change children, as often as allowed, until they differ from their parents; return those that never did.

        Args:
            made_by: operators, and the numbers of the children that each makes.
            attempts: how often, at least once.
        """
        parts = [(operator, own[part]) for operator, own in made_by for part in batches(len(own), genes(self.lattice))]
        groups = _joined(for_each(self._begun, parts, [len(own) for _, own in parts]))
        for attempt in range(1, attempts):
            if not groups:
                break
            groups = self._gone_on(groups, 2 ** (attempt - 1))
        return np.concatenate([np.zeros(0, np.intp), *(group.own for group in groups)])

    def _begun(self, part: tuple[Operator, NDArray[np.intp]]) -> _Group:
        """Change some children of one operator for the first time, and return those that show nothing of it."""
        operator, own = part
        raw = self._changed(operator, own, self.population[self.parents[own]])
        alike = np.flatnonzero(self._finished(own, raw, np.full(len(own), operator.reshapes)))
        return _Group(operator, own[alike], raw[alike])

    def _gone_on(self, groups: list[_Group], times: int) -> list[_Group]:
        """Change children so many times more, and return those that show nothing of it.

        They are few, so that all operators' are repaired and compared together.
        """
        raws = [group.raw for group in groups]
        for place, group in enumerate(groups):
            for _ in range(times):
                raws[place] = self._changed(group.operator, group.own, raws[place])
        own, raw = np.concatenate([group.own for group in groups]), Genomes.concatenate(raws)
        shape_only = np.concatenate([np.full(len(group.own), group.operator.reshapes) for group in groups])
        pieces = batches(len(own), genes(self.lattice))
        sizes = [piece.stop - piece.start for piece in pieces]
        found = for_each(lambda piece: self._finished(own[piece], raw[piece], shape_only[piece]), pieces, sizes)
        ends = np.cumsum([len(group.own) for group in groups])
        alike = [np.flatnonzero(part) for part in np.split(np.concatenate(found), ends[:-1])]
        left = zip(groups, raws, alike, strict=True)
        return _joined([_Group(group.operator, group.own[same], changed[same]) for group, changed, same in left])

    def _finished(self, own: NDArray[np.intp], raw: Genomes, shape_only: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Repair children and keep them, and return which equal their parents nevertheless."""
        parents = self.population[self.parents[own]]
        repaired = self._repaired(parents, raw)
        self.cells[own], self.muscles[own] = repaired.cells, repaired.muscles
        return same_bodies(self.lattice, parents, repaired, shape_only)

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


def _joined(parts: Sequence[_Group]) -> list[_Group]:
    """Return one group for each operator that has any children left."""
    by_operator: dict[str, list[_Group]] = {}
    for part in parts:
        if len(part.own):
            by_operator.setdefault(part.operator.name, []).append(part)
    return [
        _Group(
            some[0].operator,
            np.concatenate([part.own for part in some]),
            Genomes.concatenate([part.raw for part in some]),
        )
        for some in by_operator.values()
    ]
