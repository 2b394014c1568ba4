"""The checks refuse what breaks its contract where nothing is simulated, for the reason that is broken."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesign.evaluate import Evaluations, KeptWeights, Local, Request
from codesign.export import Exporter, Gallery
from codesign.genome import VARIATIONS, Crossover, Genomes, Lattice, Mutation
from codesign.genome.lattices import TriangleLattice
from codesign.search import Genetic, GeneticSearch, Individuals, Space
from codesign.streams import Draws
from codesign.testing import check_evaluator, check_exporter, check_lattice, check_operator, check_search
from tests.testing.refusals import ANYHOW, refused, small


def _emptied(genomes: Genomes) -> Genomes:
    genomes.cells[0, np.flatnonzero(genomes.cells[0])[-1]] = 0
    return _copied(genomes)


def _copied(genomes: Genomes) -> Genomes:
    return Genomes(genomes.cells.copy(), genomes.muscles.copy())


def _thinned(genomes: Genomes, kept: np.ndarray) -> Genomes:
    return Genomes(genomes.cells * kept, genomes.muscles.copy())


def _thinned_by_the_first(genomes: Genomes, draws: Draws) -> Genomes:
    return _thinned(genomes, draws.coins(genomes.cells.shape[1])[:1])


BROKEN_MUTATIONS: dict[str, tuple[Callable[[Lattice, Genomes, Draws], Genomes], str]] = {
    "changes_its_parent": (lambda _l, genomes, _d: _emptied(genomes), "parents that stay"),
    "shares_arrays": (lambda _l, genomes, _d: Genomes(genomes.cells.copy(), genomes.muscles), "arrays of their own"),
    "has_its_own_generator": (
        lambda _l, genomes, _d: _thinned(genomes, ANYHOW.random(genomes.cells.shape) < 0.5),
        "the same children",
    ),
    "looks_at_its_siblings": (lambda _l, genomes, draws: _thinned_by_the_first(genomes, draws), "alone and among many"),
    "forgets_some": (lambda _l, genomes, _d: _copied(genomes[1:]), "children of as many parents"),
    "does_nothing": (lambda _l, genomes, _d: _copied(genomes), "a change in one"),
}


@pytest.mark.parametrize("name", BROKEN_MUTATIONS)
def test_broken_mutations_are_refused(name: str) -> None:
    function, reason = BROKEN_MUTATIONS[name]
    refused(check_operator, Mutation(name, function), small("triangle"), reason=reason)


def test_a_crossover_that_changes_the_mate_is_refused() -> None:
    broken = Crossover("steals", lambda _l, genomes, mates, _d: (_emptied(mates), _copied(genomes))[1])
    refused(check_operator, broken, small("triangle"), reason="parents that stay")


def test_an_operator_on_another_lattice_is_refused() -> None:
    refused(check_operator, VARIATIONS["rotate"], small("triangle"), reason="applies to triangle")


def test_a_lattice_without_muscles_is_refused() -> None:
    refused(check_lattice, replace(small("triangle"), muscle=0.0), reason="muscles in some")


@dataclass(frozen=True)
class Stretched(TriangleLattice):
    """Triangles whose springs are said to be longer than they are."""

    name: str = "stretched"

    def construct(self) -> Lattice:
        made = super().construct()
        return replace(made, edge_lengths=1.5 * made.edge_lengths)


def test_a_lattice_of_wrong_lengths_is_refused() -> None:
    refused(check_lattice, Stretched(rows=6, columns=8), reason="as long as their ends are apart")


@dataclass(frozen=True)
class Unsendable(Genetic):
    """A search that cannot be sent to a worker.

    Attributes:
        secret: a function without a name.
    """

    name: str = "unsendable"
    secret: Any = field(default_factory=lambda: lambda: None)


class Forgetful(GeneticSearch):
    """Goes on from another population than that which was kept."""

    def restore(self, state: dict[str, np.ndarray]) -> None:
        super().restore(state | {"told": state["told"] + 1})


class Careless(GeneticSearch):
    """Draws from a generator of its own."""

    def propose(self, population: Individuals) -> Individuals:
        self.seed = int(ANYHOW.integers(1 << 30))
        return super().propose(population)


class Wasteful(GeneticSearch):
    """Keeps the worst."""

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        everyone = evaluated if population is None else population.joined(evaluated)
        return everyone.take(everyone.best_first()[-self.settings.population_size :])


@dataclass(frozen=True)
class Started(Genetic):
    """Starts a search that breaks its contract.

    Attributes:
        kind: which one.
    """

    name: str = "started"
    kind: type[GeneticSearch] = GeneticSearch

    def start(self, space: Space, seed: int) -> GeneticSearch:
        return self.kind(self, space, seed)


@pytest.mark.parametrize(
    ("search", "reason"),
    [
        (Started(kind=Forgetful, population_size=12), "after its state was restored"),
        (Started(kind=Careless, population_size=12), "with the same seed"),
        (Started(kind=Wasteful, population_size=12), "best fitness that is kept"),
        (Unsendable(population_size=12), "sent to a worker"),
        (Started(name="not a name"), "as an identifier"),
    ],
)
def test_broken_searches_are_refused(search: Genetic, reason: str) -> None:
    refused(check_search, search, small("triangle"), reason=reason)


def _stamped(_gallery: Gallery, path: Path) -> list[Path]:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(ANYHOW.bytes(8))
    return [path]


def _elsewhere(_gallery: Gallery, path: Path) -> list[Path]:
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".other").write_text("here")
    return [path]


def _unchecked(_gallery: Gallery, path: Path) -> list[Path]:
    path.parent.mkdir(exist_ok=True)
    path.write_text("the same")
    return [path]


@pytest.mark.parametrize(
    ("write", "reason"), [(_stamped, "the same bytes"), (_elsewhere, "not empty"), (_unchecked, "OutputError")]
)
def test_broken_exporters_are_refused(write: Any, reason: str) -> None:
    refused(check_exporter, Exporter("broken", ".txt", write), reason=reason)


@dataclass(frozen=True)
class Broken(Local):
    """An evaluator that changes what comes out.

    Attributes:
        change: how.
    """

    name: str = "broken"
    change: str = ""

    def start(self, spec: Any, function: Any = None) -> Any:
        return super().start(spec, CHANGES[self.change](function))


def _reordered(function: Any) -> Any:
    def changed(spec: Any, request: Request) -> Evaluations:
        return function(spec, request).take(np.arange(len(request))[::-1])

    return changed


def _unhurried(function: Any) -> Any:
    return lambda spec, request: function(spec, replace(request, thresholds=None))


def _withholding(function: Any) -> Any:
    return lambda spec, request: function(spec, replace(request, keep=KeptWeights(0)))


def _rounded(function: Any) -> Any:
    def changed(*arguments: Any) -> Evaluations:
        exact = function(*arguments)
        return replace(exact, measures={name: np.round(values, 6) for name, values in exact.measures.items()})

    return changed


def _unmoved(function: Any) -> Any:
    return lambda spec, request: function(spec, replace(request, attempts=None))


CHANGES = {
    "reordered": _reordered,
    "unhurried": _unhurried,
    "withholding": _withholding,
    "rounded": _rounded,
    "unmoved": _unmoved,
}


@pytest.mark.parametrize("change", CHANGES)
def test_broken_evaluators_are_refused(change: str) -> None:
    refused(check_evaluator, Broken(change=change), reason="to the bit wherever it is evaluated")


def test_a_name_that_is_taken_is_refused() -> None:
    refused(check_evaluator, Broken(name="local", change="rounded"), reason="not taken")
    refused(check_search, Started(name="genetic"), small("triangle"), reason="not taken")
    refused(check_lattice, Stretched(name="triangle", rows=6, columns=8), reason="not taken")
    refused(check_operator, replace(VARIATIONS["grow"], name="trim"), small("triangle"), reason="no other operator")
    refused(check_exporter, Exporter("json", ".txt", _unchecked), reason="no other exporter")
