"""`codesign analyze`: runs side by side, as a page and as numbers."""

import json
import shutil
from pathlib import Path

import pytest

import codesign
from codesign.cli import main
from codesign.cli.run_records import runs_in


def numbers(here: Path) -> dict:
    return json.loads((here / "analysis" / "comparison.json").read_text())


@pytest.fixture
def seeds(finished: Path, here: Path) -> list[Path]:
    """Two runs that differ in their seed alone, and in what does not matter."""
    other = here / "other"
    shutil.copytree(finished, other)
    text = (other / "config.yaml").read_text()
    changed = text.replace("\nseed: 0\n", "\nseed: 1\n").replace("display: none", "display: plain")
    assert changed != text
    (other / "config.yaml").write_text(changed)
    return [finished, other]


def test_runs_that_differ_in_the_seed_are_a_group(
    seeds: list[Path], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", f"run=[{seeds[0]},{seeds[1]}]"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2:] == ["analysis/comparison.html", "analysis/comparison.json"]
    found = numbers(here)
    assert (found["kind"], found["version"], found["unit"]) == ("codesign comparison", 1, "m")
    assert [group["runs"] for group in found["groups"]] == [[0, 1]]
    assert [difference["key"] for difference in found["differences"]] == ["seed"]
    best = json.loads((seeds[0] / "best.json").read_text())["fitness"]
    assert [run["final"] for run in found["runs"]] == pytest.approx([best, best], rel=1e-5)
    rows = [json.loads(line) for line in (seeds[0] / "metrics.jsonl").read_text().splitlines()]
    assert found["runs"][0]["robot_steps"] == [row["robot_steps"] for row in rows]
    assert "Content-Security-Policy" in (here / "analysis" / "comparison.html").read_text()


def test_python_has_the_same(seeds: list[Path]) -> None:
    found = codesign.compare([codesign.open_run(seeds[0]), str(seeds[1])])
    assert [group.runs.tolist() for group in found.groups] == [[0, 1]]
    summary = codesign.open_run(seeds[0]).summary
    assert summary.best.tolist() == found.runs[0].summary.best.tolist()
    assert summary.planned == len(summary)


def test_a_folder_of_runs_stands_for_its_runs(finished: Path, here: Path) -> None:
    for name in ("10", "9", "b"):
        shutil.copytree(finished, here / "sweep" / name)
    (here / "sweep" / "notes").mkdir()
    assert [path.name for path in runs_in(here / "sweep")] == ["9", "10", "b"]
    assert main(["analyze", "run=sweep", "format=json"]) == 0
    assert [run["name"] for run in numbers(here)["runs"]] == ["sweep/9", "sweep/10", "sweep/b"]


def test_what_cannot_be_read_is_named_and_the_rest_is_compared(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("torn", "empty"):
        shutil.copytree(finished, here / name)
    (here / "torn" / "metrics.jsonl").write_text("no line of JSON\n")
    (here / "empty" / "metrics.jsonl").write_text("")
    (here / "nothing").mkdir()
    assert main(["analyze", f"run=[{finished},torn,nothing,empty]"]) == 0
    found = numbers(here)
    assert sorted(found["unreadable"]) == ["nothing", "torn"]
    assert "torn/metrics.jsonl, line 1" in found["unreadable"]["torn"]
    assert found["runs"][1]["final"] is None
    assert "cannot be read: torn" in capsys.readouterr().out


def test_a_run_of_a_plugin_that_is_not_here_is_compared_all_the_same(finished: Path, here: Path) -> None:
    shutil.copytree(finished, here / "foreign")
    text = (here / "foreign" / "config.yaml").read_text()
    (here / "foreign" / "config.yaml").write_text(text.replace("name: walk", "name: hop"))
    assert main(["analyze", f"run=[{finished},foreign]"]) == 0
    found = numbers(here)
    assert {"key": "task.name", "values": ["walk", "hop"]} in found["differences"]
    assert found["unit"] == ""


def test_files_are_replaced_when_asked_for(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", f"run={finished}"]) == 0
    assert main(["analyze", f"run={finished}"]) == 2
    assert "overwrite=true" in capsys.readouterr().err
    assert main(["analyze", f"run={finished}", "overwrite=true"]) == 0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ([], "codesign analyze run=[FOLDER,FOLDER]"),
        (["run=nowhere"], "nowhere"),
        (["run=[.]"], "config.yaml"),
        (["run=3"], "run"),
        (["run=.", "format=pdf"], "html, json"),
        (["run=.", "formt=json"], "formt"),
    ],
)
def test_mistakes_are_one_line(words: list[str], part: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert part in line
    assert list(here.iterdir()) == []
