"""`codesign analyze` with inits, designs or baseline: designs of runs learn from new starts."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

import codesign
from codesign.cli import main
from codesign.landscape import LandscapeSettings
from codesign.signals import Stopped
from codesign.trainability import TABLES, Findings, analysis, page

FEW = ["inits=2", "designs=2", "copies=1", "draws=100"]


def analyze(*words: str) -> int:
    return main(["analyze", *FEW, *words])


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory, finished: Path) -> Path:
    """Return the folder of a finished analysis; tests must not change it."""
    folder = tmp_path_factory.mktemp("analyses") / "analysis"
    words = ["baseline=[random,sized,top]", "random_designs=4", "generations=[0,last]", f"output={folder}"]
    assert analyze(f"run={finished}", *words) == 0
    return folder


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no files of figures, which take most of the time of a tiny analysis."""
    monkeypatch.setattr(page, "write_figures", lambda _figures, _folder: [])


def found_in(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "analysis.json").read_text())


def test_an_analysis_is_tables_figures_a_page_and_the_runs_side_by_side(analysed: Path) -> None:
    names = {path.name for path in analysed.iterdir()}
    assert {"analysis.html", "analysis.json", "comparison.html", "comparison.json", "figures", "kept"} <= names
    held = found_in(analysed)
    assert (held["kind"], held["version"], held["unit"]) == ("codesign analysis", 1, "m")
    for name in TABLES:
        if name == "factors":  # of one group of runs there is none
            continue
        table = pyarrow.parquet.read_table(analysed / f"{name}.parquet")
        with (analysed / f"{name}.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        assert table.num_rows == len(rows) > 0, name
        assert table.column_names == list(rows[0]), name
    assert (analysed / "figures" / "fitness_own_and_new.svg").read_text().startswith("<?xml")
    assert "Content-Security-Policy" in (analysed / "analysis.html").read_text()


def test_groups_are_those_asked_for(analysed: Path) -> None:
    designs = found_in(analysed)["designs"]
    groups = {row["group"] for row in designs}
    assert groups == {"random", "sized", "top", "generation 0", "last"}
    masses = {group: sorted(row["masses"] for row in designs if row["group"] == group) for group in groups}
    assert masses["sized"] == masses["last"]
    starts = pyarrow.parquet.read_table(analysed / "starts.parquet").to_pylist()
    own = [row for row in starts if row["design"] == designs[0]["design"] and row["group"] == designs[0]["group"]]
    assert [(row["start"], row["copy"]) for row in own] == [(0, 0), (1, 0), (0, 1)]
    assert designs[0]["mean"] == pytest.approx(sum(row["fitness"] for row in own[:2]) / 2, rel=1e-5)
    pairs = {(row["reference"], row["group"]) for row in found_in(analysed)["effects"]}
    assert pairs == {(reference, "last") for reference in groups - {"last"}}


@pytest.mark.usefixtures("no_figures")
def test_what_was_learned_is_not_learned_again(
    analysed: Path, finished: Path, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(analysed, here / "analysis")
    words = [f"run={finished}", "random_designs=4", "generations=[0,last]", "output=analysis"]
    assert analyze(*words) == 2
    assert "overwrite=true" in capsys.readouterr().err
    (here / "analysis" / "analysis.json").unlink()
    monkeypatch.setattr(analysis, "train", None)  # which could not be called
    assert analyze(*words, "overwrite=true") == 0
    assert "trainings" not in capsys.readouterr().out
    for name in ("designs.csv", "effects.csv", "analysis.json"):
        assert (here / "analysis" / name).read_text() == (analysed / name).read_text()


@pytest.mark.usefixtures("no_figures")
def test_an_analysis_that_was_stopped_goes_on(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"run={finished}", "baseline=random", "output=stopped"]
    monkeypatch.setitem(analysis.TOGETHER, "local", 3)
    train, calls = analysis.train, list[int]()

    def stopped(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise Stopped(15)
        return train(*arguments)

    monkeypatch.setattr(analysis, "train", stopped)
    assert analyze(*words) == 128 + 15
    assert "the same command goes on" in capsys.readouterr().out
    assert not (here / "stopped" / "analysis.json").exists()
    assert analyze(*words) == 0
    first = capsys.readouterr().out.splitlines()[1]
    assert first.startswith("0 of 8 ")  # of 14, six are kept
    monkeypatch.setattr(analysis, "train", train)
    assert analyze(f"run={finished}", "baseline=random", "output=whole") == 0
    assert (here / "stopped" / "designs.csv").read_text() == (here / "whole" / "designs.csv").read_text()


@pytest.mark.usefixtures("no_figures")
@pytest.mark.slow
def test_more_starts_are_told_and_only_these_are_learned(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(f"run={finished}", "baseline=[]", "format=json") == 0
    assert not (here / "analysis" / "analysis.html").exists()
    capsys.readouterr()
    assert analyze(f"run={finished}", "baseline=[]", "inits=3", "overwrite=true") == 0
    printed = capsys.readouterr().out
    assert "where inits was 2; what was learned then is kept" in printed
    assert "0 of 2 trainings" in printed


@pytest.mark.usefixtures("no_figures")
@pytest.mark.slow
def test_a_page_alone_is_not_replaced_either(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [f"run={finished}", "baseline=[]", "format=html"]
    assert analyze(*words) == 0
    capsys.readouterr()
    assert analyze(*words) == 2
    assert "analysis.html" in capsys.readouterr().err
    assert analyze(f"run={finished}", "baseline=[]", "format=json") == 0


def test_runs_side_by_side_that_are_there_are_not_replaced_silently(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = here / "analysis" / "comparison.html"
    other.parent.mkdir()
    other.write_text("other runs")
    assert analyze(f"run={finished}", "baseline=[]") == 2
    (line,) = capsys.readouterr().err.splitlines()
    for part in ("analysis/comparison.html", "overwrite=true", "output=FOLDER"):
        assert part in line
    assert [path.name for path in other.parent.iterdir()] == ["comparison.html"]
    assert other.read_text() == "other runs"


def test_one_run_is_told_to_be_one(analysed: Path) -> None:
    assert any("Give several" in notice for notice in found_in(analysed)["notices"])


def test_python_finds_the_same(analysed: Path, finished: Path, here: Path) -> None:
    found = codesign.analyze(
        [finished], "own", inits=2, designs=2, copies=1, draws=100, random_designs=4, generations=(0, "last")
    )
    assert isinstance(found, Findings)
    designs = found_in(analysed)["designs"]
    assert [row["design"] for row in TABLES["designs"](found)] == [row["design"] for row in designs]
    mean = {row["group"]: row["median"] for row in found_in(analysed)["groups"] if row["measure"] == "mean"}
    for group in found.groups:
        assert found.medians[group, "mean"].value == pytest.approx(mean[group], rel=1e-5)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["baseline=[random,larger]"], "any of random, sized, top"),
        (["generations=[0,99]"], "has finished (0 to 2)"),
        (["generations=[first]"], "numbers of generations, or last"),
        (["inits=1"], "inits"),
        (["run=nowhere"], "nowhere"),
        (["draws=3"], "draws"),
        (["landscape=true", "landscape_points=2"], "landscape_points to be"),
        (["landscape=true", "landscape_near=0.3"], "set landscape_near=0.02"),
        (["landscape_points=21"], "only with landscape=true"),
    ],
)
def test_mistakes_are_one_line(
    words: list[str], part: str, finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [] if any(word.startswith("run=") for word in words) else [f"run={finished}"]
    kept = [word for word in FEW if word.partition("=")[0] not in {each.partition("=")[0] for each in words}]
    assert main(["analyze", *kept, *given, *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert part in line
    assert list(here.iterdir()) == []


def test_what_only_an_analysis_has_needs_one(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("generations=[0]", "depth=2", "landscape=true", "landscape_points=21"):
        assert main(["analyze", f"run={finished}", word]) == 2
        assert "only with inits, designs, baseline" in capsys.readouterr().err
    for word in ("inits=2", "baseline=[]", "landscape=true", "landscape_far=0.1"):
        assert main(["analyze", f"run={finished}", "gradient=true", word]) == 2
        assert "only without gradient=true" in capsys.readouterr().err
    with pytest.raises(codesign.CodesignError, match="settings of an analysis"):
        codesign.analyze([finished], init=3)
    for wrong in ("here", 3, {}):
        with pytest.raises(codesign.CodesignError, match="evaluator to be one of local, ray"):
            codesign.analyze([finished], evaluator=wrong)  # pyright: ignore[reportArgumentType]


def test_runs_of_other_physics_are_named(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(finished, here / "moon")
    text = (here / "moon" / "config.yaml").read_text()
    (here / "moon" / "config.yaml").write_text(text.replace("gravity: -4.8", "gravity: -1.6"))
    assert analyze(f"run=[{finished},moon]") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "sim.gravity -1.6 in moon" in line


@pytest.mark.slow
def test_landscapes_stand_in_the_same_tables(finished: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute, asked = analysis.landscape_values, list[LandscapeSettings]()

    def watched(*arguments: Any, settings: LandscapeSettings) -> Any:
        asked.append(settings)
        return compute(*arguments, settings=settings)

    monkeypatch.setattr(analysis, "landscape_values", watched)
    words = ["inits=2", "designs=1", "copies=0", "baseline=[]", "landscape=true", "draws=100"]
    words += ["landscape_points=7", "landscape_radius=1.0", "landscape_starts=0"]
    assert main(["analyze", f"run={finished}", *words]) == 0
    assert asked == [LandscapeSettings(points=7, radius=1.0, starts=0)]
    (design,) = found_in(here / "analysis")["designs"]
    assert {"straight_drop", "path_cosine", "first_random_roughness"} <= design.keys()
    assert design["path_gain"] > 0.0
    drawn = (here / "analysis" / "figures" / "landscapes.svg").read_text()
    assert drawn.startswith("<?xml")
