"""Every study has its page, remakes its figures from committed tables, and says on its page what these say."""

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError, RunError
from experiments.figures import CARD, COLOURS, INK, band, panels
from experiments.runs import Curves, curves, evolved, generations
from experiments.study import Study
from experiments.tables import markdown, read_table, write_table
from tests.export.colours import EYES, contrast, nearest

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.parent.name for path in ROOT.glob("experiments/*/README.md"))
MOST_BYTES = 200 * 1024

TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def study(name: str) -> Study:
    return importlib.import_module(f"experiments.{name}.__main__").STUDY


def test_there_are_studies() -> None:
    assert "strgar2024_small" in NAMES
    assert len(NAMES) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_figures_are_made_of_the_tables_that_are_committed(name: str, tmp_path: Path) -> None:
    own = study(name)
    tables = own.read()
    for path in own.illustrate(tables, tmp_path):
        assert path.stat().st_size > 1000
        assert (own.folder / path.name).exists(), f"{path.name} is not committed"
        assert path.name in (own.folder / "README.md").read_text(encoding="utf-8"), (
            f"its page does not show {path.name}"
        )


@pytest.mark.parametrize("name", NAMES)
def test_its_page_says_what_the_tables_say(name: str) -> None:
    own = study(name)
    page = (own.folder / "README.md").read_text(encoding="utf-8")
    for table in TABLE.findall(own.report(own.read())):
        assert table in page, f"experiments/{name}/README.md lacks or has otherwise:\n{table}"
    assert f"python -m experiments.{name}" in page
    assert page.startswith(f"# {name}\n")


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_small(name: str) -> None:
    own = study(name)
    total = sum((own.folder / table).stat().st_size for table in own.tables)
    assert total < MOST_BYTES or name == "blended_gradients"  # its curves of 96 designs are older than the bound


@pytest.mark.parametrize("name", NAMES)
def test_every_study_is_on_the_pages_of_studies_and_results(name: str) -> None:
    for page in ("experiments/README.md", "docs/results.md"):
        assert f"{name}/README.md" in (ROOT / page).read_text(encoding="utf-8"), page


def tiny(folder: Path) -> Study:
    """Return a study of two tiny runs."""

    def measure(runs: Path) -> dict:
        rows = []
        for seed in (0, 1):
            run = evolved(runs / f"tiny_{seed}", "debug=tiny", "search.generations=2", f"seed={seed}")
            rows += generations(run, {"seed": seed})
        return {"curves.csv": rows}

    def report(tables) -> str:
        return markdown(["seed", "best"], [[row["seed"], row["best"]] for row in tables["curves.csv"]])

    def draw(tables) -> dict:
        figure, (axes,) = panels()
        band(axes, curves(tables["curves.csv"], "best"), "best", COLOURS[0], unit=1e3)
        return {"curves.svg": figure}

    return Study(folder, ("curves.csv",), measure, report, draw)


@pytest.mark.slow
def test_a_study_goes_on_where_it_was_interrupted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, runs = tiny(tmp_path / "study"), tmp_path / "runs"
    assert own.main(["--runs", str(runs)]) == 0
    table = (own.folder / "curves.csv").read_bytes()
    assert (own.folder / "curves.svg").stat().st_size > 1000
    assert len(read_table(own.folder / "curves.csv")) == 4
    assert "| seed | best |" in capsys.readouterr().out

    # A second time nothing is run; one run that is gone is made again, and comes to the same.
    kept = (runs / "tiny_0" / "metrics.jsonl").stat().st_mtime_ns
    shutil.rmtree(runs / "tiny_1")
    assert own.main(["--runs", str(runs)]) == 0
    assert (runs / "tiny_0" / "metrics.jsonl").stat().st_mtime_ns == kept
    again = own.read()["curves.csv"]
    assert [row["best"] for row in again] == pytest.approx([row["best"] for row in rows_of(table, tmp_path)], abs=0)
    assert len(capsys.readouterr().err.splitlines()) == 1  # the one run that was made

    # A run that has only begun goes on.
    words = (sys.executable, "-m", "codesign", "evolve", "debug=tiny", "search.generations=1", "seed=1")
    shutil.rmtree(runs / "tiny_1")
    subprocess.run(
        [*words, "evaluator=local", "logger=quiet", "logger.page=false", f"hydra.run.dir={runs / 'tiny_1'}"], check=True
    )
    assert own.main(["--runs", str(runs)]) == 0
    assert [row["best"] for row in own.read()["curves.csv"]] == [row["best"] for row in again]

    # Other words are another run.
    with pytest.raises(RunError, match="seed=1"):
        evolved(runs / "tiny_1", "debug=tiny", "seed=2")


def rows_of(table: bytes, folder: Path) -> list[dict]:
    (folder / "before.csv").write_bytes(table)
    return read_table(folder / "before.csv")


def test_tables_that_a_study_does_not_name_are_refused(tmp_path: Path) -> None:
    own = Study(tmp_path / "study", ("a.csv",), lambda _: {"b.csv": []}, str, lambda _: {})
    with pytest.raises(ConfigError, match="name them in the study"):
        own.remake(tmp_path)


def test_a_study_without_tables_says_so_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tiny(tmp_path).main(["figures"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_library_that_is_missing_names_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigError, match=r"pip install 'codesign\[experiments\]'"):
        panels()


def test_a_run_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="exit status 2"):
        evolved(tmp_path / "run", "task=none")


def test_figures_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    write_table(
        tmp_path / "curves.csv",
        [{"seed": 0, "robot_steps": 1, "best": 0.1}, {"seed": 0, "robot_steps": 2, "best": 0.2}],
    )
    first, second = (tiny(tmp_path).illustrate(tiny(tmp_path).read(), tmp_path / name)[0] for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_an_interval_is_drawn_of_three_runs_or_more() -> None:
    _, (one, two, three) = panels(3)
    values = np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 5.0], [3.0, 4.0, 7.0]])
    for count, axes in enumerate((one, two, three), start=1):
        band(axes, Curves(np.arange(3.0), values[:count]), "runs", COLOURS[0])
    assert [len(axes.collections) for axes in (one, two, three)] == [0, 0, 1]
    assert [len(axes.lines) for axes in (one, two, three)] == [1, 3, 1]
    assert np.asarray(three.lines[0].get_ydata()).tolist() == [2.0, 3.0, 5.0]


@pytest.mark.parametrize("eyes", EYES)
def test_colours_of_lines_are_told_apart(eyes: str) -> None:
    assert nearest(COLOURS, eyes) >= 9.0


def test_text_and_lines_stand_out_from_the_card() -> None:
    assert contrast(INK, CARD) > 10
    for colour in COLOURS:
        assert contrast(colour, CARD) > 2, colour
