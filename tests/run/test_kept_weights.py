"""The weights that a run keeps: of the best few of the living, whoever evaluates them and however often it stops."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from codesign.run import CheckpointSettings, RunFolder, evolve, read_weights, resume
from codesign.run.checkpoint import Checkpoint, newest_intact
from codesign.search import Individuals, SearchSettings
from codesign.search.genetic import GeneticSearch
from tests.evaluate.fakes import quick
from tests.run.fakes import CONFIG, KINDS, Quick, digest, experiment, finished, results

FEW = 2


def few(kind: str = "genetic", **changes):
    return experiment(kind, checkpoints=CheckpointSettings(every=2, keep=2, weights=FEW), **changes)


def kept_in(folder: RunFolder) -> Checkpoint:
    kept, _ = newest_intact(folder.checkpoints)
    assert kept is not None
    return kept


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_of_the_living_have_their_weights_and_nothing_else_changes(kind: str, tmp_path: Path) -> None:
    evolve(few(kind), tmp_path / "few", CONFIG)
    ours, theirs = results(RunFolder(tmp_path / "few")), results(finished(tmp_path / "all", kind))
    best = [tuple(identity) for identity in kept_in(RunFolder(tmp_path / "few")).search["identities"][:FEW].tolist()]
    assert ours.pop("weights") == {identity: theirs["weights"][identity] for identity in best}
    del theirs["weights"]
    assert ours == theirs


@dataclass(frozen=True)
class Piecewise(Quick):
    """Evaluates two designs at a time, and sends home the weights that are asked for of each pair."""

    def start(self, spec, function=quick):
        def piecewise(spec, request):
            pieces = [slice(start, start + 2) for start in range(0, len(request), 2)]
            found = [function(spec, request.take(piece)) for piece in pieces]
            return type(found[0]).concatenate(found)

        return super().start(spec, piecewise)


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_and_stops_change_nothing(kind: str, tmp_path: Path) -> None:
    evolve(few(kind), tmp_path / "whole", CONFIG)
    begun = few(kind, evaluator=Piecewise())
    evolve(replace(begun, search=replace(begun.search, generations=3)), tmp_path / "run", CONFIG)
    resume(few(kind, evaluator=Piecewise()), tmp_path / "run")
    assert results(RunFolder(tmp_path / "run")) == results(RunFolder(tmp_path / "whole"))


def test_weights_that_can_no_longer_be_needed_are_not_asked_for(tmp_path: Path) -> None:
    asked = []

    @dataclass(frozen=True)
    class Asked(Quick):
        def start(self, spec, function=quick):
            def telling(spec, request):
                asked.append(request.keep)
                return function(spec, request)

            return super().start(spec, telling)

    evolve(few(evaluator=Asked()), tmp_path / "run", CONFIG)
    assert {keep.count for keep in asked} == {FEW}
    assert np.isneginf(asked[0].above)
    floors = [keep.above for keep in asked[1:]]
    assert np.isfinite(floors).all()
    assert floors == sorted(floors)


@dataclass(frozen=True)
class Forgetful(SearchSettings):
    """Settings of a search in which the best die: the worst half of the living lives on alone."""

    name: str = "forgetful"

    def start(self, space, seed):
        return ForgetfulSearch(self, space, seed)


class ForgetfulSearch(GeneticSearch):
    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        everyone = evaluated if population is None else population.joined(evaluated)
        return everyone.take(everyone.best_first()[len(everyone) // 2 :][: self.settings.population_size])


def test_a_best_design_whose_weights_were_not_kept_learns_again(tmp_path: Path, monkeypatch) -> None:
    again = []

    def learn_again(_spec, designs, _folder):
        again.extend(design.id for design in designs)
        return {design.identity: np.full(3, 7.0, dtype=np.float32) for design in designs}

    monkeypatch.setattr("codesign.run.best.learn_again", learn_again)
    one = few(search=Forgetful(population_size=6, generations=4))
    evolve(one, tmp_path / "run", CONFIG)
    folder = RunFolder(tmp_path / "run")
    best = json.loads(folder.best.read_text())
    assert best["design"] == again[-1]
    assert read_weights(folder.best_weights, one.trial.controller, one.trial.dimension) == (7.0, 7.0, 7.0)
    before = digest(folder.best_weights)
    resume(one, tmp_path / "run")
    assert digest(folder.best_weights) == before


def test_more_weights_may_be_asked_for_later(tmp_path: Path) -> None:
    begun = few()
    evolve(replace(begun, search=replace(begun.search, generations=3)), tmp_path / "run", CONFIG)
    assert len(kept_in(RunFolder(tmp_path / "run")).weights) == FEW
    resume(experiment(), tmp_path / "run")
    assert FEW <= len(kept_in(RunFolder(tmp_path / "run")).weights) <= 6
    assert results(RunFolder(tmp_path / "run"))["designs"] == results(finished(tmp_path / "all"))["designs"]
