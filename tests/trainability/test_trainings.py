"""Learning from new starts, and keeping what came of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesign.body import develop
from codesign.errors import RunError
from codesign.evaluate import Evaluations, EvaluationSpec, Request
from codesign.evaluate.local import LocalEvaluator
from codesign.trainability.kept_numbers import KeptNumbers
from codesign.trainability.measures import failures, fall_share, of_starts
from codesign.trainability.samples import drawn
from codesign.trainability.trainings import (
    NEW,
    OWN,
    Training,
    Trainings,
    Work,
    design_keys,
    first_weights_of,
    train,
    work_of,
)
from tests.evaluate.fakes import quick, spec

MOVE = 1e-6


class Asked:
    """An evaluation that remembers what it was asked for."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, spec: EvaluationSpec, request: Request) -> Evaluations:
        self.requests.append(request)
        return quick(spec, replace(request, keep=None))


def trained(work: Work, asked: Asked | None = None) -> list[Training]:
    return train(spec(), LocalEvaluator(spec(), asked or Asked()), work, MOVE)


def test_what_is_known_is_not_learned_again(tmp_path: Path) -> None:
    sample = drawn(spec(), 0, 3, 0)
    keys, starts = design_keys(spec(), sample, MOVE), [(OWN, 0), (NEW, 0), (NEW, 1)]
    kept = Trainings(tmp_path)
    work = work_of(sample, keys, starts, kept.known)
    assert len(work) == 9
    for chunk in work.chunks(4):
        kept.add(trained(chunk))
    again = Trainings(tmp_path)
    assert again.known == kept.known
    assert len(again.known) == 9
    assert len(work_of(sample, keys, starts, again.known)) == 0
    more = work_of(sample, keys, [*starts, (NEW + 1, 0)], again.known)
    assert more.attempts.tolist() == [NEW + 1] * 3
    assert set(more.designs) == set(keys)


def test_keys_tell_what_decides_how_a_design_learns() -> None:
    sample, other = drawn(spec(), 0, 2, 0), drawn(spec(), 0, 2, 1)
    keys = design_keys(spec(), sample, MOVE)
    assert len(set(keys)) == 2
    assert keys == design_keys(spec(), sample, MOVE)
    faster = replace(spec(), execution=replace(spec().execution, threads=7, memory_mib=900))
    assert design_keys(faster, sample, MOVE) == keys
    changed: list[Any] = [
        (replace(spec(), seed=8), sample, MOVE),
        (replace(spec(), physics=replace(spec().physics, steps=999)), sample, MOVE),
        (replace(spec(), learner=replace(spec().learner, iterations=9)), sample, MOVE),
        (replace(spec(), execution=replace(spec().execution, precision="float64")), sample, MOVE),
        (spec(), other, MOVE),
        (spec(), sample, 1e-5),
    ]
    for each in changed:
        assert not set(design_keys(*each)) & set(keys)


def test_copies_begin_a_little_beside_their_start_each_elsewhere() -> None:
    sample, asked = drawn(spec(), 0, 2, 0), Asked()
    keys = design_keys(spec(), sample, MOVE)
    found = trained(work_of(sample, keys, [(NEW, 0), (NEW, 1), (NEW, 2)], {}), asked)
    assert [each.copy for each in found] == [0, 0, 1, 2, 1, 2]
    plain, moved = asked.requests
    assert plain.first is None
    assert moved.first is not None
    assert plain.attempts is not None
    assert plain.attempts.tolist() == [NEW, NEW]
    bodies = develop(spec().lattice.build(), moved.genomes, spec().tissue)
    for index in range(4):
        place = np.array([index])
        own = first_weights_of(spec(), bodies.take(place), moved.identities[place], np.array([NEW]))
        apart = np.linalg.norm(moved.first.of(index) - own)
        assert apart == pytest.approx(MOVE * np.linalg.norm(own), rel=1e-3)
    assert not np.array_equal(moved.first.of(0), moved.first.of(1))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    sample = drawn(spec(), 0, 1, 0)
    Trainings(tmp_path).add(trained(work_of(sample, design_keys(spec(), sample, MOVE), [(NEW, 0)], {})))
    (path,) = tmp_path.glob("*.json")
    held = json.loads(path.read_text())
    for broken in ("{", "[]", json.dumps({**held, "version": 9}), json.dumps({**held, "trainings": [{"design": 3}]})):
        path.write_text(broken)
        with pytest.raises(RunError, match="remove the file") as raised:
            Trainings(tmp_path)
        assert str(path) in str(raised.value)


def test_numbers_are_computed_once(tmp_path: Path) -> None:
    calls = list[list[int]]()

    def compute(places: np.ndarray) -> dict[str, np.ndarray]:
        calls.append(places.tolist())
        return {"size": places * 1.5, "none": np.full(len(places), np.nan)}

    found = KeptNumbers(tmp_path).complete(["a", "b", "c"], compute, 2, lambda _count: None)
    assert calls == [[0, 1], [2]]
    assert found["size"].tolist() == [0.0, 1.5, 3.0]
    assert np.isnan(found["none"]).all()
    more = KeptNumbers(tmp_path).complete(["c", "d", "a"], compute, 2, lambda _count: None)
    assert calls[2:] == [[1]]
    assert more["size"].tolist() == [3.0, 1.5, 0.0]
    next(iter(tmp_path.glob("*.json"))).write_text("{}")
    with pytest.raises(RunError, match="remove the file"):
        KeptNumbers(tmp_path)


def start(fitness: float | None, untrained: float, **changes: Any) -> Training:
    fields = {"design": "d", "attempt": NEW, "copy": 0, "status": "ok", "best_iteration": 1, "improving": 0.5}
    return Training(**{**fields, "fitness": fitness, "untrained": untrained, "robot_steps": 1.0, **changes})


def test_starts_come_to_numbers() -> None:
    starts = [start(1.0, 0.1), start(0.6, 0.2), start(0.3, 0.1), start(None, 0.0, status="not_finite", improving=None)]
    found = of_starts(starts, [start(0.9, 0.1), start(1.1, 0.1)], 1.2)
    expected = {
        "own": 1.2, "mean": 1.9 / 3, "median": 0.6, "best": 1.0, "worst": 0.3, "luck": 1.2 - 1.9 / 3, "gain": 0.4,
        "best_gain": 0.9, "share_90": 1 / 3, "share_75": 1 / 3, "share_90_fitness": 1 / 3, "improving": 0.5,
        "failed": 0.25, "untrained": 0.1, "sd": np.std([1.0, 0.6, 0.3], ddof=1), "chaos": np.std([0.9, 1.1], ddof=1),
        "gain_variation": np.std([0.9, 0.4, 0.2], ddof=1) / 0.5,
    }  # fmt: skip
    for name, value in expected.items():
        assert found[name] == pytest.approx(value), name
    assert found["chaos_share"] == pytest.approx(found["chaos"] ** 2 / found["sd"] ** 2)
    assert failures(starts) == {"ok": 3, "not_finite": 1}


def test_the_share_near_the_best_goes_by_gain_and_not_by_fitness() -> None:
    """A body that falls the same way each time comes near its best fitness always, and near its best gain seldom."""
    starts = [start(1.0, 0.95), start(0.96, 0.95), start(0.955, 0.95)]
    found = of_starts(starts, [], np.nan)
    assert found["share_90_fitness"] == 1.0
    assert found["share_90"] == pytest.approx(1 / 3)


def test_nothing_is_known_of_a_design_that_never_learned() -> None:
    found = of_starts([start(None, 0.0, status="jumped", improving=None)], [], np.nan)
    assert found.pop("failed") == 1.0
    assert found.pop("untrained") == 0.0
    assert all(np.isnan(value) for value in found.values())
    np.testing.assert_allclose(fall_share([0.2, -0.1, 0.2], [0.4, 0.4, -1.0]), [0.5, 0.25, np.nan])
