"""Plug-ins on Ray's workers: loose ones travel as source, packages are there or said to be missing."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign import plugins
from codesign.errors import ConfigError
from codesign.evaluate import EVALUATORS, EvaluationSpec, Request
from codesign.genome import random_genomes
from codesign.plugins import loading
from codesign.streams import Purpose, draws_of
from codesign.tasks import TASKS
from codesign.testing.evaluator_checks import LATTICE, _spec, made_up
from tests.cli.test_evolve import numbers
from tests.evaluate.clusters import started
from tests.plugins.conftest import EXAMPLES
from tests.plugins.test_loading import PLUGIN

ROOT = Path(__file__).parents[2]

# Its own folder is no place of modules: neither the program's nor the working folder is on the search path.
PROGRAM = "import sys; sys.path.remove(''); sys.argv[0] = 'codesign'; from codesign.cli import main; sys.exit(main())"


def command(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(*words: str) -> tuple[int, str]:
    """Return the exit status of a command, and what it says of mistakes."""
    process = command(*words)
    try:
        _, said = process.communicate(timeout=300)
    finally:
        process.kill()
    return process.returncode, said


def spec_of(task: str) -> EvaluationSpec:
    """Return a spec with a task, for evaluations that are made up."""
    return replace(_spec(), task=TASKS[task]())


def evaluate(spec: EvaluationSpec) -> np.ndarray:
    genomes = random_genomes(LATTICE.build(), LATTICE, draws_of(0, 0, 3, Purpose.GENOME))
    identities = np.stack([np.zeros(3, np.int64), np.arange(3)], axis=1)
    with EVALUATORS["ray"](workers=1).start(spec, made_up) as evaluator:  # type: ignore[call-arg]
        return evaluator.evaluate(Request(genomes, identities)).fitness


@pytest.mark.slow
def test_a_loose_package_travels_and_an_installed_one_must_be_there(here: Path) -> None:
    package = here / "strollers"
    package.mkdir()
    (package / "__init__.py").write_text("import strollers.inner\n")
    (package / "inner.py").write_text(PLUGIN.format(name="stroll7"))
    plugins.load(["strollers"])
    loose = evaluate(spec_of("stroll7"))
    assert np.array_equal(loose, evaluate(_spec()))
    # The same as if it belonged to an installed package, which no node has.
    known = loading._loaded["strollers"]
    loading._loaded["strollers"] = replace(known, package="codesign-nowhere", version="2.1", sources={})
    assert np.array_equal(evaluate(_spec()), loose)  # which uses none of it
    with pytest.raises(ConfigError) as caught:
        evaluate(spec_of("stroll7"))
    assert "the package codesign-nowhere 2.1 on every node that works; got none on " in str(caught.value)
    assert str(caught.value).endswith("there, pip install 'codesign-nowhere==2.1'")


@pytest.mark.slow
def test_another_node_that_has_no_such_module(here: Path) -> None:
    shutil.copy(EXAMPLES / "steady.py", here)
    words = ["plugins=[steady]", "task=steady", "debug=tiny", "logger=quiet"]
    with started(0) as cluster:
        cluster.add_node(num_cpus=1, resources={"second": 1}, env_vars={"PYTHONPATH": str(ROOT)})
        where = (f"evaluator.address={cluster.address}", "evaluator.workers=1", "evaluator.resource=second")
        assert done("evolve", *words, *where, "hydra.run.dir=away") == (0, "")
    assert done("evolve", *words, "evaluator=local", "hydra.run.dir=local") == (0, "")
    assert numbers(here / "away") == numbers(here / "local")


@pytest.mark.slow
def test_killed_on_ray_resumed_and_exported(here: Path) -> None:
    shutil.copy(EXAMPLES / "steady.py", here)
    words = ["plugins=[steady]", "task=steady", "debug=tiny", "evaluator.workers=1", "logger=quiet"]
    process = command("evolve", *words, "search.generations=100000", "hydra.run.dir=out")
    try:
        deadline = time.monotonic() + 200
        while not (here / "out" / "metrics.jsonl").exists() or len(numbers(here / "out")) < 3:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    finally:
        process.kill()
    finished = len(numbers(here / "out"))
    status, said = done("evolve", "run=out", f"search.generations={finished + 2}")
    assert (status, said.count("\n")) == (2, 1)
    assert "the plug-in steady, which the run in out needs" in said
    again = ("evolve", "run=out", "plugins=[steady]", f"search.generations={finished + 2}", "logger=quiet")
    assert done(*again) == (0, "")
    local = [*words[:3], "evaluator=local", "logger=quiet", f"search.generations={finished + 2}"]
    assert done("evolve", *local, "hydra.run.dir=reference") == (0, "")
    assert numbers(here / "out") == numbers(here / "reference")
    assert done("export", "run=out", "plugins=[steady]", "format=[html,json,png]") == (0, "")
    assert {path.suffix for path in (here / "out" / "export").iterdir()} == {".html", ".json", ".png"}
