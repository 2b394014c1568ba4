"""Runs from Python: the folders are the command line's, and nothing stops what is finished from being safe."""

import shutil
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import codesign
from codesign.cli import main
from codesign.errors import ConfigError, DesignError, OutputError, RunError
from codesign.export import read_json
from tests.api.conftest import TINY

SEARCH = {"population_size": 6}


def fitness(run: codesign.Run) -> list[float]:
    return run.designs.column("fitness").to_pylist()


def test_a_run_is_what_the_command_line_would_have_written(kept_run: Path, tmp_path: Path) -> None:
    words = ["body.lattice.rows=3", "body.lattice.columns=4", "sim.steps=60", "learner.iterations=3"]
    words += ["search.population_size=6", "search.generations=3", "evaluator=local", "logger=quiet"]
    assert main(["evolve", *words, f"hydra.run.dir={tmp_path / 'run'}"]) == 0
    ours, theirs = (
        [
            line
            for line in (folder / "config.yaml").read_text().splitlines()
            if "display" not in line and "page" not in line
        ]
        for folder in (kept_run, tmp_path / "run")
    )
    assert ours == theirs
    assert fitness(codesign.open_run(kept_run)) == fitness(codesign.open_run(tmp_path / "run"))


def test_the_command_line_goes_on_with_a_run_of_python_and_exports_it(kept_run: Path, tmp_path: Path) -> None:
    shutil.copytree(kept_run, tmp_path / "run")
    assert main(["evolve", f"run={tmp_path / 'run'}", "search.generations=4", "logger=quiet"]) == 0
    assert main(["export", f"run={tmp_path / 'run'}", "format=json"]) == 0
    run = codesign.open_run(tmp_path / "run")
    assert run.metrics.num_rows == 4
    assert run.problem.spec == codesign.Problem(**TINY).spec


def test_going_on_is_as_if_it_had_never_stopped(problem: codesign.Problem, kept_run: Path, tmp_path: Path) -> None:
    folder, told = tmp_path / "run", []

    def stop(metrics) -> bool:
        told.append(metrics.generation)
        return metrics.generation == 0

    run = codesign.evolve(problem, folder, generations=3, search=SEARCH, callback=stop)
    assert (told, run.metrics.num_rows) == ([0], 1)
    assert "1 of 3 generations" in str(run)
    again = codesign.evolve(problem, folder, generations=2, search=SEARCH, callback=told.append)
    assert again.metrics.num_rows == 2
    assert fitness(codesign.resume(folder, generations=3)) == fitness(codesign.open_run(kept_run))


def test_a_folder_with_another_run_is_left_alone(kept_run: Path, tmp_path: Path) -> None:
    shutil.copytree(kept_run, tmp_path / "run")
    with pytest.raises(ConfigError, match="seed as the run"):
        codesign.evolve(codesign.Problem(**TINY, seed=1), tmp_path / "run", generations=3, search=SEARCH)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "designs").mkdir()
    with pytest.raises(RunError, match="a folder without a run"):
        codesign.evolve(codesign.Problem(**TINY), tmp_path / "taken", generations=1)


def test_errors_in_a_callback_leave_a_run_that_goes_on(problem: codesign.Problem, tmp_path: Path) -> None:
    def fail(_metrics) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        codesign.evolve(problem, tmp_path / "run", generations=2, search=SEARCH, callback=fail)
    assert codesign.resume(tmp_path / "run").metrics.num_rows == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_safe_and_the_program_hears_of_it(tmp_path: Path, number: signal.Signals) -> None:
    program = f"""
import os, signal, codesign
problem = codesign.Problem(**{TINY!r})
before = signal.getsignal(signal.SIGINT)
def interrupt(metrics):
    if metrics.generation == 1:
        os.kill(os.getpid(), {int(number)})
try:
    codesign.evolve(problem, "run", generations=50, search={SEARCH!r}, callback=interrupt)
except KeyboardInterrupt as error:
    print(error.__notes__[0])
print(signal.getsignal(signal.SIGINT) is before)
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == ["2 of 50 generations are safe; go on with codesign.resume('run')", "True"]
    assert codesign.resume(tmp_path / "run", generations=3).metrics.num_rows == 3


def test_tables_are_arrow_tables(kept_run: Path) -> None:
    run = codesign.open_run(kept_run)
    assert run.metrics.column_names[:3] == ["generation", "best_fitness", "mean_fitness"]
    assert run.metrics.column("status_shares.ok").to_pylist() == [1.0, 1.0, 1.0]
    assert {"design", "fitness", "curve", "genome_cells", "measure.distance"} <= set(run.designs.column_names)
    assert run.designs.num_rows == 18


def test_a_run_goes_into_pandas_in_two_lines(kept_run: Path) -> None:
    pytest.importorskip("pandas")
    run = codesign.open_run(kept_run)
    frame = run.designs.to_pandas()
    assert frame.fitness.max() == run.best.fitness
    assert list(run.metrics.to_pandas().generation) == [0, 1, 2]


def test_recordings_are_those_of_designs(kept_run: Path) -> None:
    run = codesign.open_run(kept_run)
    for wanted in ("best", run.best.id, run.best):
        assert run.recording(wanted).design == run.best.id
    assert [each.design for each in run.recordings("top3")] == [each.id for each in run.select("top3")]
    assert run.recording("best").before is not None
    with pytest.raises(DesignError):
        run.recording("g900-i0000")
    assert run.curves.best_fitness[-1] == np.float32(run.best.fitness)


def test_designs_of_a_run_are_designs_of_its_problem(kept_run: Path) -> None:
    run = codesign.open_run(kept_run)
    first = run.select("generation:0")
    first = sorted(first, key=lambda design: design.identity)
    assert run.problem.evaluate(first).fitness.tolist() == [design.fitness for design in first]


def test_a_run_that_has_no_valid_design_says_so(tmp_path: Path) -> None:
    hopeless = codesign.Problem(**{**TINY, "learner": {"iterations": 1, "loss_limit": 1e-12}})
    run = codesign.evolve(hopeless, tmp_path / "run", generations=1, search=SEARCH)
    assert "no valid design yet" in str(run)
    assert "<svg" in run._repr_html_()
    with pytest.raises(DesignError):
        _ = run.best


PLUGIN = '''
from dataclasses import dataclass
import codesign
from codesign.tasks import TASKS

@dataclass(frozen=True)
class Saunter(TASKS["walk"]):
    """Get far along x."""
    name: str = "saunter"

codesign.register("task", Saunter)
'''


def test_a_run_names_the_plug_ins_that_it_uses(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "saunters.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(here))
    import_module("saunters")
    problem = codesign.Problem(**TINY, task="saunter")
    run = codesign.evolve(problem, "runs/own", generations=1, search=SEARCH)
    assert "plugins:\n- saunters\n" in (here / "runs" / "own" / "config.yaml").read_text()
    assert run.problem.spec.task.name == "saunter"
    words = ["evolve", "run=runs/own", "plugins=[saunters]", "search.generations=2", "logger=quiet"]
    program = [sys.executable, "-m", "codesign.cli", *words]
    assert subprocess.run(program, cwd=here, capture_output=True, check=False).returncode == 0
    assert codesign.resume("runs/own", generations=3).metrics.num_rows == 3


def test_a_search_begins_with_bodies_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "robot.txt").write_text("RHHR\nV..V\n")
    problem = codesign.Problem(
        body={"name": "square", "rows": 3, "columns": 4}, physics={"steps": 60}, learner={"iterations": 1}
    )
    search = {**SEARCH, "first": tmp_path / "robot.txt"}
    codesign.evolve(problem, tmp_path / "run", generations=1, search=search)
    run = codesign.evolve(problem, tmp_path / "run", generations=1, search=search)  # goes on with what there is
    (given,) = run.select("g000-i0000")
    np.testing.assert_array_equal(given.genome.cells, [4, 0, 0, 4, 1, 3, 3, 1, 0, 0, 0, 0])
    assert any((tmp_path / "run" / "inputs").iterdir())


def test_files_of_designs(kept_run: Path, tmp_path: Path) -> None:
    run = codesign.open_run(kept_run)
    written = run.export(["html", "json"], "top2", tmp_path, when="after")
    ids = [design.id for design in run.select("top2")]
    assert [path.name for path in written] == [*(f"top2-{each}.json" for each in ids), "top2.html"]
    assert read_json(written[0]).before is None
    with pytest.raises(OutputError, match="overwrite=True"):
        run.export("html", "top2", tmp_path)
    assert run.export("html", "top2", tmp_path, overwrite=True) == [tmp_path / "top2.html"]


@pytest.mark.parametrize(
    ("call", "part"),
    [
        ({"formats": "htlm"}, "'htlm'"),
        ({"formats": []}, "an empty list"),
        ({"when": "never"}, "when to be before"),
        ({"film": {"width": 3}}, "these formats have none"),
    ],
)
def test_files_that_there_are_none_of(call: dict[str, Any], part: str, kept_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=part):
        codesign.open_run(kept_run).export(output=tmp_path, **call)
    assert list(tmp_path.iterdir()) == []


def test_designs_go_to_another_simulator(here):
    run = codesign.open_run("runs/demo")
    (result,) = run.transfer(substeps=(1,), spread=0.0, latency=0.0, combined=0, loops="open")
    assert result.design == run.best.id
    assert result.recorded == pytest.approx(run.best.fitness, abs=1e-5)
    assert np.isfinite(result.nominal().there)
    with pytest.raises(ConfigError, match="settings of a transfer"):
        run.transfer(steps=3)
