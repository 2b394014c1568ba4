"""Designs that are judged by several starts: who is evaluated, what selects, what is kept, stored and replayed."""

import shutil
from dataclasses import dataclass, replace

import numpy as np
import pyarrow.parquet
import pytest

from codesign.body import develop
from codesign.errors import ConfigError, RunError
from codesign.evaluate import Evaluations, EvaluationSpec, EvaluatorSettings, Request
from codesign.evaluate.evaluator import EvaluateDesigns
from codesign.evaluate.local import LocalEvaluator
from codesign.genome import Genomes
from codesign.run import DesignTables, RunFolder, StartTables, evolve, populations, resume, select
from codesign.run.folder import table_of
from codesign.run.learning_again import learn_again
from codesign.run.start_tables import best_attempts, from_best_start
from codesign.search import SEARCHES
from tests.evaluate.fakes import quick
from tests.run.fakes import CONFIG, GENERATIONS, experiment, finished, results
from tests.run.test_kept_weights import kept_in


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return finished(tmp_path_factory.mktemp("starts") / "run", "reevaluated")


def several(name="genetic", **changes):
    settings = {"population_size": 6, "generations": GENERATIONS, "starts": 2, "reevaluate": True, **changes}
    return experiment(search=SEARCHES[name](**settings))


def judged_of(run):
    """Return all that each design did, from its tables alone, by identity."""
    tables, starts = DesignTables(run), StartTables(run)
    first = {each.identity: each.fitness for born in tables.generations() for each in tables.generation(born)}
    further = starts.fitness(first)
    return {identity: [own, *further.get(identity, [])] for identity, own in first.items()}


def test_newcomers_have_their_starts_and_the_living_one_more_each_generation(run):
    everything = judged_of(run)
    lives = list(populations(experiment("reevaluated"), run))
    assert len(lives) == GENERATIONS
    for identity, fitness in everything.items():
        # Valid members are evaluated again in each generation that begins with them.
        lived = sum(any((own == identity).all() for own in each.identities) for each in lives[:-1])
        assert len(fitness) in (2 + lived, 2), identity
    assert max(map(len, everything.values())) > 3
    assert len({value for fitness in everything.values() for value in fitness}) > 2 * len(everything)


def test_what_selects_is_the_mean_of_all_starts(run):
    everything = judged_of(run)
    last = list(populations(experiment("reevaluated"), run))[-1]
    for identity, fitness in zip(last.identities.tolist(), last.fitness.tolist(), strict=True):
        assert fitness == pytest.approx(np.mean(everything[tuple(identity)]), abs=1e-12)
    kept = kept_in(run)
    assert np.array_equal(kept.search["fitness"], last.fitness)
    assert run.read_metrics()[-1]["best_fitness"] == last.fitness[0]
    best = select(run, "best")[0]
    assert best.identity == tuple(last.identities[0].tolist())
    assert best.fitness == last.fitness[0]


def test_every_start_is_counted(run):
    rows, starts = run.read_metrics(), StartTables(run)
    for row in rows:
        evaluated = 6 + len(starts.generation(row["generation"]).attempts)
        assert row["robot_steps"] == evaluated * rows[0]["robot_steps"] / 12
        assert row["robots"] == 6


def test_a_quantile_is_that_of_the_starts():
    settings = several(reevaluate_by="quantile", reevaluate_quantile=0.25).search
    assert settings.by_all_starts([3.0, 1.0, 2.0, 0.0, 4.0]) == 1.0
    assert settings.by_all_starts([3.0]) == 3.0
    assert settings.by_all_starts([1.0, 2.0]) == pytest.approx(1.25)
    assert settings.by_all_starts([-np.inf, 2.0]) == -np.inf
    assert several().search.by_all_starts([-np.inf, 2.0]) == -np.inf


def test_weights_are_those_of_the_best_start(run):
    asked = experiment("reevaluated")
    kept = kept_in(run)
    designs = DesignTables(run).find(list(kept.weights))
    attempts = best_attempts(run, designs)
    assert set(attempts.values()) - {0}
    for design in designs:
        one = Request(genomes_of(design), np.array([design.identity]), attempts=np.array([attempts[design.identity]]))
        found = quick(asked.trial, one)
        assert found.fitness[0] == max(judged_of(run)[design.identity])
        assert kept.weights[design.identity].tobytes() == found.weights_of(0).tobytes()


def genomes_of(design):
    """Return a design's genome alone."""
    return Genomes.stack([design.genome])


def test_what_was_not_kept_is_learned_again_from_the_best_start(run, monkeypatch):
    monkeypatch.setattr("codesign.run.learning_again.evaluate_designs", quick)
    kept = kept_in(run)
    designs = DesignTables(run).find(list(kept.weights))
    found = learn_again(experiment("reevaluated"), designs, run)
    assert {each: own.tobytes() for each, own in found.items()} == {
        each: own.tobytes() for each, own in kept.weights.items()
    }
    shown = from_best_start(run, designs)
    changed = [each for each, own in zip(shown, designs, strict=True) if each.curve.tobytes() != own.curve.tobytes()]
    assert len(changed) == len([attempt for attempt in best_attempts(run, designs).values() if attempt])
    assert [each.fitness for each in shown] == [each.fitness for each in designs]


@pytest.mark.parametrize("name", [name for name in sorted(SEARCHES) if not SEARCHES[name]().asynchronous])
def test_every_search_of_generations_can(tmp_path, name):
    asked = several(name, generations=3)
    whole = finished_with(asked, tmp_path / "whole")
    half = replace(asked, search=replace(asked.search, generations=1))
    evolve(half, tmp_path / "run", CONFIG)
    resume(asked, tmp_path / "run")
    assert results(RunFolder(tmp_path / "run")) == results(whole)
    last = list(populations(asked, whole))[-1]
    kept = kept_in(whole)
    assert np.array_equal(kept.search["fitness"], last.fitness)


def finished_with(asked, path):
    evolve(asked, path, CONFIG)
    return RunFolder(path)


def test_children_that_inherit_begin_there_from_every_start(tmp_path):
    """What is inherited stays in every start of a design; what is drawn is drawn anew."""
    seen = {}

    def noted(spec: EvaluationSpec, request: Request) -> Evaluations:
        for place, identity in enumerate(request.identities.tolist()):
            own = b"" if request.first is None else request.first.of(place).tobytes()
            attempt = 0 if request.attempts is None else int(request.attempts[place])
            seen.setdefault(tuple(identity), {})[attempt] = own
        return weighty(spec, request)

    asked = replace(several(inheritance="lamarckian", generations=4), evaluator=Noting(own=noted))
    evolve(replace(asked, search=replace(asked.search, generations=2)), tmp_path / "run", CONFIG)
    resume(asked, tmp_path / "run")
    again = {identity: starts for identity, starts in seen.items() if len(starts) > 2 and starts[0]}
    assert again
    assert all(len(set(starts.values())) == 1 for starts in again.values())


@dataclass(frozen=True)
class Noting(EvaluatorSettings):
    """Evaluates by a function of its own."""

    name: str = "noting"
    own: EvaluateDesigns = quick

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = quick) -> LocalEvaluator:
        del function
        return LocalEvaluator(spec, self.own)


def weighty(spec: EvaluationSpec, request: Request) -> Evaluations:
    """Return made-up evaluations with as many weights as the controllers have, and the bodies' own sizes."""
    found, bodies = (
        quick(spec, replace(request, keep=None)),
        develop(spec.lattice.build(), request.genomes, spec.tissue),
    )
    counts = spec.weight_counts(bodies)
    sizes = {"masses": np.diff(bodies.mass_start), "springs": np.diff(bodies.spring_start)}
    found = replace(found, **{name: own.astype(np.int32) for name, own in sizes.items()})
    parts = [np.resize(found.weights_of(place), count) for place, count in enumerate(counts.tolist())]
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    weights = np.concatenate(parts).astype(np.float32)
    return replace(found, weights=weights, weight_start=start).kept(request.keep, request.identities)


def test_tables_that_lack_a_start_are_refused(tmp_path):
    broken = finished(tmp_path / "run", "reevaluated")
    table_of(broken.starts, GENERATIONS - 1).unlink()
    with pytest.raises(RunError, match="all starts"):
        resume(
            experiment("reevaluated", search=replace(experiment("reevaluated").search, generations=GENERATIONS + 1)),
            broken.path,
        )


@pytest.mark.parametrize("column", ["status", "curve", "world_fitness"])
def test_tables_of_starts_that_lack_a_column_are_refused(run, tmp_path, column):
    broken = RunFolder(shutil.copytree(run.path, tmp_path / "run"))
    for path in broken.starts.iterdir():
        table = pyarrow.parquet.read_table(path)
        pyarrow.parquet.write_table(table.drop_columns([column]), path)
    kept = kept_in(broken)
    with pytest.raises(RunError, match=rf"as runs write it; got \S+ \(KeyError: '{column}'\)"):
        from_best_start(broken, DesignTables(broken).find(list(kept.weights)))


def test_combinations_that_mean_nothing_are_refused():
    racing = experiment("racing")
    with pytest.raises(ConfigError, match="racing to be 0; got 2"):
        replace(racing, search=replace(racing.search, reevaluate=True))
    for name in SEARCHES:
        if SEARCHES[name]().asynchronous:
            with pytest.raises(ConfigError, match="generation"):
                SEARCHES[name](reevaluate=True)
            with pytest.raises(ConfigError, match="generation"):
                SEARCHES[name](starts=3)
    for field, value in (("starts", 0), ("reevaluate", 1), ("reevaluate_by", "median"), ("reevaluate_quantile", 2.0)):
        with pytest.raises(ConfigError):
            replace(SEARCHES["genetic"](), **{field: value})
