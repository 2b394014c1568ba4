"""`codesign export`: designs of a run as pages, data and pictures."""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.export import EXPORTERS, Exporter, Gallery, Recording, read_json
from codesign.formats import read_plans
from codesign.run import Design, DesignTables, Experiment, RunFolder, galleries, replay, select
from codesign.run.designs import identity_of


@pytest.mark.parametrize("name", [name for name, exporter in EXPORTERS.items() if not exporter.shows_map])
def test_every_format_of_the_best_design(name: str, finished: Path, here: Path) -> None:
    assert main(["export", f"run={finished}", f"format={name}", "output=out"]) == 0
    best = json.loads((finished / "best.json").read_text())["design"]
    files = EXPORTERS[name].paths(Path("out") / f"{best}{EXPORTERS[name].suffix}", [best])
    assert {path.name for path in (here / "out").iterdir()} == {path.name for path in files}


def test_a_map_is_written_of_a_search_that_keeps_one_alone(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = ["debug=tiny", "evaluator=local", "logger.display=none", "logger.page=false", "search.generations=1"]
    assert main(["evolve", *tiny, "search=novelty", "hydra.run.dir=mapped"]) == 0
    assert main(["export", "run=mapped", "format=map", "output=out"]) == 0
    (path,) = (here / "out").iterdir()
    assert len(json.loads(path.read_text())["map"]["designs"]) == 6
    shutil.rmtree("mapped/checkpoints")
    # It is refused before anything is simulated or written.
    monkeypatch.setattr("codesign.cli.export.galleries", None)
    capsys.readouterr()
    for run, told in (
        (
            finished,
            f"a run whose search keeps a map of its designs; got {finished} with search=genetic, which looks at",
        ),
        ("mapped", "a checkpoint in mapped/checkpoints; got none that can be read; restore one; without a map,"),
    ):
        assert main(["export", f"run={run}", "format=[json,map]", "output=other"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"codesign: expected {told}")
    assert not Path("other").exists()


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
    monkeypatch.setattr("codesign.cli.export.galleries", None)
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
    for word in ("design=top2", "design=top3", "design=generation:1"):
        assert main(["export", f"run={finished}", word, "output=out"]) == 0
    assert sorted(path.name for path in (here / "out").iterdir()) == ["generation-1.html", "top2.html", "top3.html"]


def test_a_whole_generation(finished: Path, here: Path) -> None:
    assert main(["export", f"run={finished}", "design=generation:1", "format=json", "output=out"]) == 0
    found = {json.loads(path.read_text())["lineage"]["generation"] for path in (here / "out").iterdir()}
    assert found == {1}


def test_prints_have_the_size_that_is_asked_for(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for scale in (100, 200):
        assert main(["export", f"run={finished}", "format=stl", f"output={scale}", f"print.scale={scale}"]) == 0
        (path,) = (here / str(scale)).iterdir()
        assert f"millimetres, {scale} for a metre".encode() in path.read_bytes()[:80]
    capsys.readouterr()
    assert main(["export", f"run={finished}", "format=stl", "output=none", "print.width=9"]) == 2
    message = (
        "codesign: expected print.joint to be a number from 9 to 10000 mm; got 4.5; set print.joint, for example 18"
    )
    assert capsys.readouterr().err.splitlines() == [message]
    assert not (here / "none").exists()


def test_files_that_are_there_stay(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["export", f"run={finished}", "design=top2", "format=[json,txt]", "output=out"]
    assert main(command) == 0
    first = min((here / "out").glob("*.json"))
    first.write_text("mine")
    assert main(command) == 2
    assert "and 2 more; set overwrite=true" in capsys.readouterr().err
    assert first.read_text() == "mine"
    assert main([*command, "overwrite=true"]) == 0
    assert read_json(first).design in first.name


def test_motion_before_learning_alone(finished: Path, here: Path) -> None:
    for when in ("[before,after]", "before", "after"):
        assert main(["export", f"run={finished}", f"when={when}", "format=json", f"output={when[:2]}"]) == 0
    (whole,), (before,), (after,) = (
        [read_json(path) for path in (here / name).iterdir()] for name in ("[b", "be", "af")
    )
    assert whole.before is not None
    assert before.before is None
    assert after.before is None
    assert before.after.positions.tolist() == whole.before.positions.tolist()
    assert after.after.positions.tolist() == whole.after.positions.tolist()


def test_an_exporter_of_one_motion_writes_a_file_for_each(
    finished: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def write(gallery: Gallery, path: Path) -> list[Path]:
        seen.append((path.name, gallery.recordings[0].before, len(gallery.recordings)))
        path.write_text("x")
        return [path]

    monkeypatch.setitem(EXPORTERS, "one", Exporter("one", ".one.txt", write, each=True, motions="one"))
    assert main(["export", f"run={finished}", "when=[after,before]", "format=one", "output=out", "design=top2"]) == 0
    ids = [design.id for design in select(RunFolder(finished), "top2")]
    names = [f"top2{moment}-{design}.one.txt" for moment in ("", "-before") for design in ids]
    assert seen == [(name, None, 1) for name in names]


def test_designs_with_files_of_their_own_are_simulated_a_few_at_a_time(
    finished: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def counted(experiment: Experiment, folder: RunFolder, designs: Sequence[Design]) -> list[Recording]:
        sizes.append(len(designs))
        return replay(experiment, folder, designs)

    monkeypatch.setattr(sys.modules["codesign.run.replay"], "replay", counted)
    monkeypatch.setattr("codesign.cli.export.galleries", partial(galleries, at_a_time=2))
    assert main(["export", f"run={finished}", "design=top5", "format=[json,html]", "output=out"]) == 0
    assert sizes == [2, 2, 1]
    assert len(list((here / "out").iterdir())) == 6


def test_a_motion_that_diverged_is_told(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverging(experiment: Experiment, folder: RunFolder, designs: Sequence[Design]) -> list[Recording]:
        return [replace(each, after=replace(each.after, diverged=True)) for each in replay(experiment, folder, designs)]

    monkeypatch.setattr(sys.modules["codesign.run.replay"], "replay", diverging)
    assert main(["export", f"run={finished}", "format=json", "output=out"]) == 0
    captured = capsys.readouterr()
    (path,) = (here / "out").iterdir()
    assert captured.out.splitlines() == [str(path.relative_to(here))]
    shown = read_json(path)
    assert shown.after.diverged
    end = f"{shown.after.times[-1]:.2f} s"
    assert captured.err.strip() == f"{path.stem}: the motion after learning diverged and is shown up to {end}"


def test_a_missing_library_is_named_with_its_command(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = Exporter("far", ".far", lambda _gallery, path: [path], extra="usd", modules=("nowhere_at_all",))
    monkeypatch.setitem(EXPORTERS, "far", exporter)
    assert main(["export", f"run={finished}", "format=far", "output=out"]) == 2
    assert "nowhere_at_all for format=far; got none; pip install 'codesign[usd]'" in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("design=g009-i0001", "g009-i0001"),
        ("design=g000-i0099", "g000-i0099"),
        ("design=bset", "'bset'"),
        ("design=3", "design as a word"),
        ("design=generation:77", "77"),
        ("design=generation:one", "generation:3"),
        ("when=never", "when to be before, after or a list of both"),
        ("when=[]", "when to be before"),
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
