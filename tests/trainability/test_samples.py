"""Which designs are looked at, and what they are compared with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError, RunError
from codesign.genome import Genomes
from codesign.run import DesignTables, RunFolder, evolve, lifespans, populations
from codesign.tasks import TERRAINS
from codesign.trainability import AnalysedRun, AnalysisSettings
from codesign.trainability.over_generations import Gaits, of_population
from codesign.trainability.samples import best_of_run, drawn, from_population, masses_of, numbered, sized
from codesign.trainability.sources import common_spec, require_comparable
from tests.evaluate.fakes import LATTICE, spec
from tests.run.fakes import CONFIG, GENERATIONS, Quick, experiment, finished


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> AnalysedRun:
    return AnalysedRun(finished(tmp_path_factory.mktemp("runs") / "run").path, experiment())


def test_lifespans_are_those_of_the_populations(run: AnalysedRun) -> None:
    folder = RunFolder(run.path)
    found = lifespans(run.experiment, folder)
    living = [{tuple(each) for each in one.identities.tolist()} for one in populations(run.experiment, folder)]
    for identity, last, died in zip(found.identities.tolist(), found.survived_until, found.died, strict=True):
        own = [generation for generation, alive in enumerate(living) if tuple(identity) in alive]
        assert last == (own[-1] if own else -1)
        assert died == (own[-1] + 1 if own else identity[0])
    assert (found.survived_until == GENERATIONS - 1).sum() == len(living[-1])


def test_generations_are_numbers_or_the_last(run: AnalysedRun) -> None:
    assert numbered(run, (0, "last")) == {0: "generation 0", GENERATIONS - 1: "last"}
    assert numbered(run, ("last", GENERATIONS - 1)) == {GENERATIONS - 1: "last"}
    with pytest.raises(ConfigError, match=rf"0 to {GENERATIONS - 1}\); got 99"):
        numbered(run, (99,))


def test_sampled_members_are_unrelated(run: AnalysedRun) -> None:
    population = list(run.populations())[-1]
    sample, kinship = from_population(run, 0, GENERATIONS - 1, "last", population, AnalysisSettings(designs=4, depth=2))
    places = run.lineages.places(sample.identities).tolist()
    for index, place in enumerate(places):
        for other in places[:index]:
            assert not run.lineages.ancestors(place, 2) & run.lineages.ancestors(other, 2)
    every, _ = from_population(run, 0, GENERATIONS - 1, "last", population, AnalysisSettings(designs=99, depth=0))
    assert len(every) == kinship.population >= kinship.unrelated >= kinship.taken == len(sample)
    assert 1 <= kinship.effective_founders <= kinship.founders
    assert sorted(every.own.tolist()) == sorted(population.fitness[np.isfinite(population.fitness)].tolist())


def test_random_designs_are_new_ones_by_seed() -> None:
    one, same, other = (drawn(spec(), 0, 5, seed) for seed in (0, 0, 1))
    assert np.array_equal(one.genomes.cells, same.genomes.cells)
    assert not np.array_equal(one.genomes.cells, other.genomes.cells)
    assert not set(map(tuple, one.identities.tolist())) & set(map(tuple, other.identities.tolist()))


def test_bodies_of_the_same_size_have_exactly_as_many_masses() -> None:
    sample = drawn(spec(), 0, 12, 3)
    alike = sized(spec(), sample, 0)
    wanted = masses_of(spec(), sample.genomes).tolist()
    assert len(alike) == len(sample)
    assert masses_of(spec(), alike.genomes).tolist() == wanted
    assert (alike.genomes.cells != sample.genomes.cells).any()


def test_sizes_that_hardly_a_random_body_has_are_found_among_others() -> None:
    """The full lattice is a size that no draw at the usual share of filled cells comes to."""
    sample = drawn(spec(), 0, 1, 3)
    full = replace(sample, genomes=Genomes.full(LATTICE.build()))
    alike = sized(spec(), full, 0)
    assert masses_of(spec(), alike.genomes).tolist() == masses_of(spec(), full.genomes).tolist()


def test_the_best_of_a_random_run_are_those_of_its_tables(run: AnalysedRun) -> None:
    best = best_of_run(run, 0, 3)
    assert best.own.tolist() == sorted(best.own.tolist(), reverse=True)
    assert [tuple(each) for each in best.identities.tolist()] == run.tables.ranking(3)


def test_runs_of_other_tasks_and_grounds_are_named(run: AnalysedRun, tmp_path: Path) -> None:
    other = replace(run, experiment=replace(run.experiment, trial=replace(spec(), terrain=TERRAINS["slope"]())))
    with pytest.raises(ConfigError, match=r"comparable|can be compared") as raised:
        require_comparable([run, other])
    assert "terrain.name 'slope'" in str(raised.value)
    assert "analyze them apart" in str(raised.value)


def test_runs_may_differ_in_how_bodies_learn_and_random_ones_are_drawn(run: AnalysedRun) -> None:
    learner = replace(spec().learner, iterations=9, later_iterations=2, restarts=3)
    trial = replace(spec(), learner=learner, lattice=replace(LATTICE, fill=0.9), seed=3)
    other = replace(run, experiment=replace(run.experiment, trial=trial))
    (told,) = require_comparable([other, run])
    assert "learner.iterations" in told
    assert "lattice" not in told
    common = common_spec([other, run], run, 1, "cpu")
    assert (common.learner.iterations, common.learner.later_iterations, common.seed) == (9, None, run.spec.seed)
    assert common.learner.restarts == 0
    assert require_comparable([run, run]) == []


def test_the_numbers_of_a_population_are_counted(run: AnalysedRun) -> None:
    gaits = Gaits(run)
    for generation, population in enumerate(run.populations()):
        found = of_population(run, 0, generation, population, gaits)
        valid = np.isfinite(population.fitness)
        cells = population.genomes.cells[valid]
        pairs = [(a != b).mean() for i, a in enumerate(cells) for b in cells[:i]]
        assert found.members == valid.sum()
        assert found.hamming == pytest.approx(np.mean(pairs))
        assert found.best == population.fitness[valid].max()
        assert 1 <= found.shapes <= found.members
        assert found.gait_spread >= 0.0
        assert found.age == pytest.approx(generation - population.identities[valid, 0].mean())


@pytest.mark.filterwarnings("error")
def test_a_run_without_a_valid_design_has_nothing_to_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hopeless = experiment(evaluator=Quick(hopeless=True))
    evolve(hopeless, tmp_path / "run", CONFIG)
    run = AnalysedRun(tmp_path / "run", hopeless)
    # As the simulator measures what is invalid.
    monkeypatch.setattr(DesignTables, "measures", lambda *_: {"distance": np.full(6, np.nan), "airtime": np.zeros(6)})
    gaits = Gaits(run)
    for generation, population in enumerate(run.populations()):
        found = of_population(run, 0, generation, population, gaits)
        assert found.members == found.shapes == found.founders == 0
        assert np.isnan([found.best, found.hamming, found.gait_spread]).all()


def test_a_run_without_a_finished_generation_cannot_be_analysed(tmp_path: Path) -> None:

    evolve(experiment(), tmp_path / "run", CONFIG)
    for table in (tmp_path / "run" / "designs").glob("*"):
        table.unlink()
    with pytest.raises(RunError, match="finished generation"):
        _ = AnalysedRun(tmp_path / "run", experiment()).generations
