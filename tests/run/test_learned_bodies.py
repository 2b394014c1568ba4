"""Runs whose bodies learn: they go on, and are told on workers, to the bit as if nothing had happened."""

from pathlib import Path

import numpy as np
import pytest

from codesign.cli import main
from codesign.run import RunFolder
from codesign.run.checkpoint import newest_intact
from tests.run.fakes import results

BEGIN = ["evolve", "debug=tiny", "logger=quiet", "learner.body.rest_lengths=0.1", "learner.body.tie=symmetry"]


def came_to(path: Path) -> dict:
    return {name: value for name, value in results(RunFolder(path)).items() if name != "config"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "run"
    assert main([*BEGIN, "evaluator=local", "search.generations=3", f"hydra.run.dir={path}"]) == 0
    return path


def test_a_run_goes_on_as_if_it_had_not_stopped(whole: Path, tmp_path: Path) -> None:
    assert main([*BEGIN, "evaluator=local", "search.generations=1", f"hydra.run.dir={tmp_path / 'begun'}"]) == 0
    assert main(["evolve", f"run={tmp_path / 'begun'}", "search.generations=3", "logger=quiet"]) == 0
    assert came_to(tmp_path / "begun") == came_to(whole)
    kept, _ = newest_intact(RunFolder(whole).checkpoints)
    assert kept is not None
    assert all(np.isfinite(weights).all() for weights in kept.weights.values())


@pytest.mark.slow
def test_workers_change_no_bit(whole: Path, tmp_path: Path) -> None:
    words = ["evaluator=ray", "evaluator.workers=2", "evaluator.smallest_piece=1", "search.generations=3"]
    assert main([*BEGIN, *words, f"hydra.run.dir={tmp_path / 'apart'}"]) == 0
    assert came_to(tmp_path / "apart") == came_to(whole)
