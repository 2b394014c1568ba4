"""A problem so small that it costs nothing, and a run of it, made once; its kernels are those of `debug=tiny`."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import codesign
from codesign.export import EXPORTERS, Gallery, History
from tests.registrations import undone

TINY: dict[str, Any] = {"body": {"rows": 3, "columns": 4}, "physics": {"steps": 60}, "learner": {"iterations": 3}}


@pytest.fixture(scope="session")
def problem() -> codesign.Problem:
    """Return a problem that tests share; they do not change it."""
    return codesign.Problem(**TINY)


@pytest.fixture(scope="session")
def kept_run(tmp_path_factory: pytest.TempPathFactory, problem: codesign.Problem) -> Path:
    """Return the folder of a finished run; tests must not change it."""
    folder = tmp_path_factory.mktemp("runs") / "demo"
    codesign.evolve(problem, folder, generations=3, search={"population_size": 6})
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept_run: Path) -> Iterator[Path]:
    """Work in a folder with a run of its own, runs/demo, and an exported design, body.json."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(kept_run, tmp_path / "runs" / "demo")
    recording = codesign.open_run(kept_run).recording("g000-i0000")
    # Without cells, as of a body of one's own.
    recording = replace(recording, cells=np.zeros((0, 3), np.int32), materials=np.zeros(0, np.uint8))
    none = np.zeros(0)
    gallery = Gallery("design", (recording,), History(none, none, none))
    EXPORTERS["json"].write(gallery, tmp_path / "body.json")
    with undone():
        yield tmp_path
