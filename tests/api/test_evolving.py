"""What a run from Python begins with, what it shows while it goes on, and what it says of plug-ins."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import codesign
from codesign.cli import main
from codesign.errors import CodesignError, ConfigError
from tests.api.conftest import TINY

SEARCH = {"population_size": 6}


def begun(problem: codesign.Problem, folder: Path, first: Any, **further: Any) -> codesign.Run:
    return codesign.evolve(problem, folder, generations=1, search=SEARCH, first=first, page=False, **further)


def given(run: codesign.Run) -> list[bytes]:
    """Return the cells of the designs that a run was given, in their order."""
    designs = sorted(run.select("generation:0"), key=lambda design: design.identity)
    return [design.genome.cells.tobytes() for design in designs if design.operator == "given"]


FIRST: dict[str, Callable[[codesign.PlacedGenomes], Any]] = {
    "population": lambda genomes: genomes,
    "genome": lambda genomes: genomes[0],
    "list": list,
    "generator": lambda genomes: (genome for genome in genomes),
    "array": lambda genomes: np.array(list(genomes), dtype=object),
    "populations": lambda genomes: [genomes[:1], genomes[1:]],
    "plain": lambda genomes: codesign.Genomes(genomes.cells, genomes.muscles),
}


@pytest.mark.parametrize("form", FIRST)
def test_a_search_begins_with_genomes_in_any_form(form: str, problem: codesign.Problem, tmp_path: Path) -> None:
    genomes = problem.random(3, seed=5)
    run = begun(problem, tmp_path / "run", FIRST[form](genomes))
    assert given(run) == [cells.tobytes() for cells in genomes.cells[: 1 if form == "genome" else 3]]
    assert run.problem.spec == problem.spec


def test_a_run_that_was_given_genomes_keeps_a_record_and_goes_on(problem: codesign.Problem, tmp_path: Path) -> None:
    genomes, folder = problem.random(2, seed=5), tmp_path / "run"
    begun(problem, folder, genomes)
    assert codesign.load(folder / "inputs" / "search.first.json").cells.tolist() == genomes.cells.tolist()
    assert begun(problem, folder, genomes).metrics.num_rows == 1  # a cell of a notebook that runs twice
    with pytest.raises(ConfigError, match=r'search\["first"\] as the run in .* was started with'):
        begun(problem, folder, problem.random(2, seed=6))
    with pytest.raises(ConfigError, match=r"inputs/search\.first\.json; got None"):
        begun(problem, folder, None)
    assert main(["evolve", f"run={folder}", "search.generations=2", "logger=quiet"]) == 0
    assert codesign.open_run(folder).metrics.num_rows == 2


def test_a_search_begins_with_the_best_designs_of_another_run(
    problem: codesign.Problem, kept_run: Path, tmp_path: Path
) -> None:
    best = codesign.open_run(kept_run).select("generation:0")
    run = codesign.evolve(
        problem, tmp_path / "run", generations=1, search={"population_size": 2}, first=best[::-1], page=False
    )
    assert set(given(run)) == {design.genome.cells.tobytes() for design in best[:2]}


def test_a_search_begins_with_what_load_returned(tmp_path: Path) -> None:
    (tmp_path / "robot.txt").write_text("RHHR\nV..V\n")
    problem = codesign.Problem(**{**TINY, "body": {"name": "square", "rows": 3, "columns": 4}})
    robot = codesign.load(tmp_path / "robot.txt")
    runs = [
        begun(problem, tmp_path / "loaded", robot),
        begun(problem, tmp_path / "named", tmp_path / "robot.txt"),
        begun(problem, tmp_path / "listed", [str(tmp_path / "robot.txt")]),
    ]
    for run in runs:
        assert given(run) == [bytes([4, 0, 0, 4, 1, 3, 3, 1, 0, 0, 0, 0])]


REFUSED: dict[str, tuple[Callable[[codesign.Problem], Any], str]] = {
    "none": (lambda _: [], "at least one genome"),
    "number": (lambda _: 3, "expected genomes; got an int"),
    "bodies": (lambda problem: problem.develop(problem.random(2)), "bodies of masses and springs"),
    "larger": (lambda _: codesign.Problem(body={"rows": 5, "columns": 5}).random(1), "fit on 3 x 4"),
    "kind": (lambda _: codesign.Problem(body="square").random(1), 'body="triangle"|body="square"'),
    "plain": (lambda _: codesign.Problem().random(1)[0].cells, "genomes"),
    "sizes": (
        lambda _: codesign.Genomes(np.ones((1, 20), np.uint8), np.ones((1, 40), np.uint8)),
        "genomes of 12 cells",
    ),
    "file": (lambda _: "none.txt", "no file none.txt"),
    "both": (lambda problem: ["none.txt", problem.random(1)], "files or as genomes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_first_designs_are_refused(name: str, problem: codesign.Problem, tmp_path: Path) -> None:
    first, told = REFUSED[name]
    with pytest.raises(CodesignError, match=told):
        begun(problem, tmp_path / "run", first(problem))
    assert not (tmp_path / "run").exists()


def test_first_designs_are_given_once(problem: codesign.Problem, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="leave one out"):
        codesign.evolve(problem, tmp_path / "run", search={"first": "a.txt"}, first=problem.random(1))


@pytest.mark.parametrize("mistake", [{"callback": 3}, {"folder": None}, {"problem": "walk"}])
def test_a_wrong_argument_is_told_before_anything_is_made(
    mistake: dict[str, Any], problem: codesign.Problem, tmp_path: Path
) -> None:
    arguments: dict[str, Any] = {"problem": problem, "folder": tmp_path / "run", "generations": 1, **mistake}
    with pytest.raises(ConfigError, match=next(iter(mistake))):
        codesign.evolve(**arguments)
    assert not (tmp_path / "run").exists()


def test_a_run_writes_its_page_and_prints_where_that_is_asked_for(
    problem: codesign.Problem, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = codesign.evolve(problem, tmp_path / "run", generations=2, search=SEARCH, progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["generation 0/1", "generation 1/1"]
    assert f"best {run.best.fitness:.3f} ({run.best.id})" in lines[-1]
    page = tmp_path / "run" / "report.html"
    assert run.best.id in page.read_text()
    page.unlink()
    codesign.resume(tmp_path / "run", generations=3, page=False)
    assert not page.exists()
    assert capsys.readouterr().out == ""
    codesign.resume(tmp_path / "run", generations=3)
    assert page.exists()


def test_a_run_shows_itself_again_without_simulating(
    problem: codesign.Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(problem, tmp_path / "run", None)
    shown = run._repr_html_()
    assert "<iframe" in shown
    with monkeypatch.context() as patched:
        patched.setattr("codesign.api.runs.gallery", None)
        assert run._repr_html_() == shown
    codesign.resume(tmp_path / "run", generations=2, page=False)
    assert run._repr_html_() != shown


def python(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_problem_says_nothing_of_a_missing_gpu(tmp_path: Path) -> None:
    said = python(f"import codesign; p = codesign.Problem(**{TINY}); p.rollout(p.random(1))", tmp_path)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


OWN = f"""
from dataclasses import dataclass
import codesign
from codesign.tasks import TASKS

@dataclass(frozen=True)
class Amble(TASKS["walk"]):
    name: str = "amble"

codesign.register("task", Amble)
problem = codesign.Problem(**{TINY}, task="amble")
"""


def test_a_class_of_the_program_itself_works_here_and_not_on_ray(tmp_path: Path) -> None:
    said = python(f"{OWN}\ncodesign.evolve(problem, 'run', generations=1, search={SEARCH})", tmp_path)
    assert said.returncode == 0, said.stderr
    (line,) = said.stderr.splitlines()
    assert "the task amble, which this program itself registers" in line
    said = python(f"{OWN}\ncodesign.evolve(problem, 'other', generations=1, evaluator='ray')", tmp_path)
    assert said.stderr.splitlines()[-1].startswith("codesign.errors.ConfigError: expected plug-ins of modules")
    assert not (tmp_path / "other").exists()


def test_a_plug_in_that_changed_is_told(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    (here / "ambles.py").write_text(OWN)
    program = f"""
import codesign
codesign.plugins.load(["ambles"])
from ambles import problem
codesign.evolve(problem, "run", generations=1, search={SEARCH}, page=False)
"""
    said = python(program, here)
    assert (said.returncode, said.stderr) == (0, "")
    (here / "ambles.py").write_text(f"{OWN}\nfaster = 1\n")
    codesign.plugins.load(["ambles"])
    with caplog.at_level(logging.WARNING):
        assert codesign.resume("run", generations=2, page=False).metrics.num_rows == 2
    (record,) = caplog.records
    assert "source of the plug-in ambles has changed" in record.getMessage()
