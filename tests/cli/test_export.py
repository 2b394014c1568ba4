"""`codesign export`: designs of a run as pages, data and pictures."""

import json
import shutil
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.export import EXPORTERS
from codesign.formats import read_plans
from codesign.run import DesignTables, RunFolder
from codesign.run.designs import identity_of


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_of_the_best_design(name: str, finished: Path, here: Path) -> None:
    assert main(["export", f"run={finished}", f"format={name}", "output=out"]) == 0
    best = json.loads((finished / "best.json").read_text())["design"]
    assert [path.name for path in (here / "out").iterdir()] == [f"{best}{EXPORTERS[name].suffix}"]


def test_several_formats_of_several_designs(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["design=[top2,g000-i0001]", "format=[html,json]", "output=out"]
    assert main(["export", f"run={finished}", *words]) == 0
    printed = sorted(capsys.readouterr().out.splitlines())
    assert printed == sorted(str(path.relative_to(here)) for path in (here / "out").iterdir())
    assert "out/designs.html" in printed
    assert len(printed) == 4


def test_bodies_are_written_for_other_programs_without_a_simulation(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codesign.cli.export.gallery", None)
    assert main(["export", f"run={finished}", "design=top2", "format=[txt,bodies]", "output=out"]) == 0
    assert capsys.readouterr().out.splitlines() == ["out/top2.txt", "out/top2.json"]
    best = json.loads((finished / "best.json").read_text())["design"]
    one, other = read_plans(here / "out" / "top2.txt"), read_plans(here / "out" / "top2.json")
    assert one[0].name == best
    for first, second in zip(one, other, strict=True):
        assert first.cells.tolist() == second.cells.tolist()
        assert first.fitness == second.fitness
        assert first.muscles is not None
        assert second.muscles is not None
        assert first.muscles.tolist() == second.muscles.tolist()
    design = next(row for row in DesignTables(RunFolder(finished)).find([identity_of(best)]))
    assert other[0].cells.ravel().tolist() == design.genome.cells.tolist()
    assert other[0].muscles is not None
    assert other[0].muscles.tolist() == design.genome.muscles.tolist()


@pytest.mark.parametrize("name", ["two words", "ümläut", "it's (1) #a=b [c]"])
def test_a_folder_of_any_name(name: str, finished: Path, here: Path) -> None:
    shutil.copytree(finished, here / name)
    assert main(["export", f"run={here / name}", "format=json"]) == 0
    assert len(list((here / name / "export").iterdir())) == 1
    assert main(["export", f"run={finished}", "format=json", f"output={name}/other"]) == 0
    assert len(list((here / name / "other").iterdir())) == 1


def test_selections_do_not_overwrite_each_other(finished: Path, here: Path) -> None:
    for word in ("design=top2", "design=top3", "generation=1"):
        assert main(["export", f"run={finished}", word, "output=out"]) == 0
    assert sorted(path.name for path in (here / "out").iterdir()) == ["generation-1.html", "top2.html", "top3.html"]


def test_a_whole_generation(finished: Path, here: Path) -> None:
    assert main(["export", f"run={finished}", "generation=1", "format=json", "output=out"]) == 0
    found = {json.loads(path.read_text())["lineage"]["generation"] for path in (here / "out").iterdir()}
    assert found == {1}


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("design=g009-i0001", "g009-i0001"),
        ("design=g000-i0099", "g000-i0099"),
        ("design=bset", "'bset'"),
        ("design=3", "design as a word"),
        ("generation=77", "77"),
        ("generation=one", "generation to be a whole number"),
        ("format=pgn", "did you mean 'png'?"),
        ("format=[]", "format as a list with an entry"),
        ("output=/proc/nowhere", "/proc/nowhere"),
    ],
)
def test_what_the_run_does_not_have(
    word: str, part: str, finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(finished.rglob("*"))
    assert main(["export", f"run={finished}", word]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert part in lines[0]
    assert sorted(finished.rglob("*")) == before
    assert list(here.iterdir()) == []
