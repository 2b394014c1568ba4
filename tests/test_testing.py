"""The checks for plug-ins accept what the package has, and refuse plug-ins that break their contract."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.control import CONTROLLERS, Cpg, Parameter
from codesign.evaluate import EVALUATORS, Evaluations, Local
from codesign.export import EXPORTERS, Exporter, Gallery
from codesign.genome import LATTICES, VARIATIONS, Crossover, Genome, Genomes, Lattice, Mutation
from codesign.genome.lattices import TriangleLattice
from codesign.search import SEARCHES, Genetic, GeneticSearch, Individuals, Space
from codesign.sim import CONTACTS, FORCES
from codesign.sim.kernels import SENSES, Coulomb, Force, ForceFunctions, KernelTypes, TerrainFunctions
from codesign.tasks import TASKS, TERRAINS, Flat, Slope, Walk
from codesign.testing import (
    CheckError,
    check_contact,
    check_controller,
    check_evaluator,
    check_exporter,
    check_force,
    check_lattice,
    check_learner,
    check_operator,
    check_search,
    check_sense,
    check_task,
    check_terrain,
)
from codesign.train import LEARNERS, Batch, Normalized, Step

SMALL = {"triangle": {"rows": 6, "columns": 8}, "square": {}, "cube": {"rows": 3, "columns": 3, "layers": 3}}
"""Grids of a few dozen cells."""


def small(lattice: str) -> Any:
    return LATTICES[lattice](**SMALL[lattice])


# What the package has is accepted.


@pytest.mark.parametrize("name", LATTICES)
def test_lattices_pass(name: str) -> None:
    check_lattice(small(name))


@pytest.mark.parametrize("lattice", LATTICES)
@pytest.mark.parametrize("name", VARIATIONS)
def test_operators_pass(name: str, lattice: str) -> None:
    if VARIATIONS[name].applies(small(lattice).build()):
        check_operator(VARIATIONS[name], small(lattice))


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_pass(name: str) -> None:
    check_search(SEARCHES[name](population_size=12), small("triangle"))


@pytest.mark.parametrize("name", EXPORTERS)
def test_exporters_pass(name: str) -> None:
    check_exporter(EXPORTERS[name])


def test_an_evaluator_passes() -> None:
    check_evaluator(EVALUATORS["local"]())


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNERS)
def test_learners_pass(name: str) -> None:
    check_learner(LEARNERS[name](iterations=10))


@pytest.mark.slow
def test_what_is_simulated_passes() -> None:
    check_task(TASKS["walk_efficiently"]())
    check_terrain(TERRAINS["steps"]())
    check_controller(CONTROLLERS["cpg_feedback"]())
    check_contact(CONTACTS["coulomb"]())
    check_force(FORCES["wind"]())
    check_sense("speed", SENSES["speed"])


# What breaks its contract is refused, for the reason that is broken.


def refused(check: Callable[..., None], *arguments: Any, reason: str) -> None:
    with pytest.raises(CheckError, match=reason):
        check(*arguments)


def _emptied(genome: Genome) -> Genome:
    genome.cells[np.flatnonzero(genome.cells)[-1]] = 0
    return genome


def _drawn(genome: Genome, rng: np.random.Generator) -> Genome:
    return Genome((genome.cells * (rng.random(len(genome.cells)) < 0.5)).astype(np.uint8), genome.muscles.copy())


ANYHOW = np.random.default_rng(0)

BROKEN_MUTATIONS: dict[str, tuple[Callable[[Lattice, Genome, np.random.Generator], Genome], str]] = {
    "changes_its_parent": (lambda _l, genome, _r: _emptied(genome), "parents that stay"),
    "shares_arrays": (lambda _l, genome, _r: Genome(genome.cells.copy(), genome.muscles), "arrays of its own"),
    "has_its_own_generator": (lambda _l, genome, _r: _drawn(genome, ANYHOW), "the same child"),
    "does_nothing": (lambda _l, genome, _r: Genome(genome.cells.copy(), genome.muscles.copy()), "a change in one"),
}


@pytest.mark.parametrize("name", BROKEN_MUTATIONS)
def test_broken_mutations_are_refused(name: str) -> None:
    function, reason = BROKEN_MUTATIONS[name]
    refused(check_operator, Mutation(name, function), small("triangle"), reason=reason)


def test_a_crossover_that_changes_the_mate_is_refused() -> None:
    broken = Crossover("steals", lambda _l, genome, mate, _r: (_emptied(mate), _drawn(genome, _r))[1])
    refused(check_operator, broken, small("triangle"), reason="parents that stay")


def test_an_operator_on_another_lattice_is_refused() -> None:
    refused(check_operator, VARIATIONS["rotate"], small("triangle"), reason="applies to triangle")


def test_a_lattice_without_muscles_is_refused() -> None:
    refused(check_lattice, replace(small("triangle"), muscle=0.0), reason="muscles in some")


@dataclass(frozen=True)
class Stretched(TriangleLattice):
    """Triangles whose springs are said to be longer than they are."""

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

    secret: Any = field(default_factory=lambda: (lambda: None))


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
    ("write", "error", "reason"),
    [
        (_stamped, CheckError, "the same bytes"),
        (_elsewhere, CheckError, "not empty"),
        (_unchecked, CheckError, "OutputError"),
    ],
)
def test_broken_exporters_are_refused(write: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        check_exporter(Exporter("broken", ".txt", write))


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
    def changed(spec: Any, genomes: Genomes, identities: np.ndarray, thresholds: Any = None) -> Evaluations:
        return function(spec, genomes, identities, thresholds).take(np.arange(len(genomes))[::-1])

    return changed


def _unhurried(function: Any) -> Any:
    return lambda spec, genomes, identities, _thresholds: function(spec, genomes, identities, None)


def _rounded(function: Any) -> Any:
    def changed(*arguments: Any) -> Evaluations:
        exact = function(*arguments)
        return replace(exact, measures={name: np.round(values, 6) for name, values in exact.measures.items()})

    return changed


CHANGES = {"reordered": _reordered, "unhurried": _unhurried, "rounded": _rounded}


@pytest.mark.parametrize("change", CHANGES)
def test_broken_evaluators_are_refused(change: str) -> None:
    refused(check_evaluator, Broken(change=change), reason="to the bit wherever it is evaluated")


def test_a_name_that_is_taken_is_refused() -> None:
    refused(check_evaluator, Broken(name="local", change="rounded"), reason="not taken")


@dataclass(frozen=True)
class Restless(Walk):
    """A task whose variants come from nowhere.

    Attributes:
        weight: nothing.
    """

    name: str = "restless"
    weight: float = 1.0

    def variant(self, generator: np.random.Generator) -> "Restless":
        return replace(self, weight=float(ANYHOW.random()))


@dataclass(frozen=True)
class Hovering(Flat):
    """Ground that bodies are put down above."""

    name: str = "hovering"

    def place(self, bodies: Bodies) -> np.ndarray:
        return super().place(bodies) + 0.01


@dataclass(frozen=True)
class Painted(Slope):
    """Ground that looks other than it is."""

    name: str = "painted"

    def surface(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        return super().surface(low, high) + 0.01


@dataclass(frozen=True)
class Dicing(Cpg):
    """A controller whose first weights come from nowhere."""

    name: str = "dicing"

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        first, *others = super().parameters(dimension)
        return (replace(first, initial=lambda _generator, shape: ANYHOW.normal(size=shape)), *others)


@dataclass(frozen=True)
class Miscounted(Cpg):
    """A controller that has more weights than it says."""

    name: str = "miscounted"

    def initial(self, bodies: Bodies, steps: int, generators: Sequence[np.random.Generator]) -> np.ndarray:
        return np.append(super().initial(bodies, steps, generators), 0.0)


@pytest.mark.parametrize(
    ("check", "broken", "reason"),
    [
        (check_task, Restless(), "the same variant"),
        (check_task, Walk(name="jump"), "not taken"),
        (check_terrain, Hovering(), "just touches"),
        (check_terrain, Painted(), "lies on the ground"),
        (check_controller, Dicing(), "same first weights"),
        (check_controller, Miscounted(), "first weights, float64"),
    ],
)
def test_what_is_simulated_is_refused_before_it_is_compiled(check: Any, broken: Any, reason: str) -> None:
    refused(check, broken, reason=reason)


def test_a_sense_whose_name_is_taken_is_refused() -> None:
    refused(check_sense, "speed", SENSES["height"], reason="no other sense")


@dataclass(frozen=True)
class Weak(Force):
    """A force that is not there."""

    name: str = "weak"

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        vector, Constants, Patch = types.vector, types.Constants, terrain.Patch  # noqa: N806
        Numbers = types.numbers(0)  # noqa: N806

        @wp.func(module=types.module, inline=True)
        def nothing(constants: Constants, patch: Patch, position: vector, velocity: vector, numbers: Numbers) -> vector:
            return vector()

        return ForceFunctions(at_mass=nothing)


@dataclass(frozen=True)
class Overwritten(Force):
    """A force that is built component by component, of which Warp makes a wrong derivative without a word."""

    name: str = "overwritten"

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        real, vector, Constants, Patch = types.real, types.vector, types.Constants, terrain.Patch  # noqa: N806
        Numbers = types.numbers(0)  # noqa: N806

        @wp.func(module=types.module, inline=True)
        def drag(constants: Constants, patch: Patch, position: vector, velocity: vector, numbers: Numbers) -> vector:
            force = velocity
            force[0] = -real(5.0) * velocity[0] * velocity[0] * velocity[0]
            force[1] = -real(5.0) * position[0] * velocity[1]
            return force

        return ForceFunctions(at_mass=drag)


@dataclass(frozen=True)
class Sticky(Coulomb):
    """A contact whose gradient is cut off."""

    name: str = "sticky"

    def function(self, types: KernelTypes, terrain: TerrainFunctions) -> Any:
        real, vector, state, Constants, Patch = types.real, types.vector, types.state, types.Constants, terrain.Patch  # noqa: N806
        respond = super().function(types, terrain)

        @wp.func_native("return value;", adj_snippet="adj_value += 0.5 * adj_ret;")
        def halved(value: real) -> real: ...

        @wp.func(module=types.module, inline=True)
        def cut(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
            return respond(constants, patch, position, free * halved(real(1.0) + free[0]) / (real(1.0) + free[0]))

        return cut


@dataclass(frozen=True)
class Uphill(Normalized):
    """A learner that makes losses larger."""

    name: str = "uphill"

    def bind(self, batch: Batch) -> Step:
        step = super().bind(batch)
        before = wp.empty_like(batch.parameters)

        def backwards() -> None:
            wp.copy(before, batch.parameters)
            step()
            taken = batch.parameters.numpy() - before.numpy()
            batch.parameters.assign(before.numpy() - taken)

        return backwards


@dataclass(frozen=True)
class Sociable(Normalized):
    """A learner that looks at the neighbours."""

    name: str = "sociable"

    def bind(self, batch: Batch) -> Step:
        step = super().bind(batch)

        def together() -> None:
            batch.gradient.assign(batch.gradient.numpy() * (1.0 + 0.1 * batch.controllers))
            batch.norm.assign(batch.norm.numpy())
            step()

        return together


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "broken", "reason"),
    [
        (check_force, Weak(), "makes a difference"),
        (check_force, Overwritten(), "central differences"),
        (check_contact, Sticky(), "central differences"),
        (check_learner, Uphill(iterations=4), "losses that become smaller"),
        (check_learner, Sociable(iterations=4), "alone and beside others"),
    ],
)
def test_what_is_simulated_is_refused(check: Any, broken: Any, reason: str) -> None:
    refused(check, broken, reason=reason)


def test_a_sense_is_registered_for_its_check_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("codesign.testing.plugin_checks.check_simulations", lambda _: seen.append("inner" in SENSES))
    check_sense("inner", SENSES["height"])
    assert seen == [True]
    assert "inner" not in SENSES
