"""`codesign train`: one generation learns."""

import json
import re
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.export import EXPORTERS
from tests.export import cubes, strips

TINY = ["debug=tiny", "evaluator=local", "hydra.run.dir=out"]


def rows() -> list[dict]:
    return [json.loads(line) for line in Path("out/learning.jsonl").read_text().splitlines()]


def test_random_bodies_learn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *TINY, "search.population_size=5"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Memory: up to ")
    assert "5 of 5 designs valid" in shown
    found = rows()
    assert len(found) == 5
    assert all(len(row["curve"]) == 4 and row["fitness"] == max(row["curve"]) for row in found)
    assert Path("out/learning.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in Path("out").iterdir()) == ["learning.jsonl", "learning.png"]


def test_exported_bodies_learn_again(finished: Path) -> None:
    assert main(["export", f"run={finished}", "design=top2", "format=json", "output=designs"]) == 0
    files = ",".join(sorted(str(path) for path in Path("designs").iterdir()))
    assert main(["train", *TINY, f"designs=[{files}]", "learner=adam"]) == 0
    assert {row["design"] for row in rows()} == {
        json.loads(path.read_text())["design"] for path in Path("designs").iterdir()
    }


def test_a_given_body_in_pieces_is_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", f"run={finished}", "design=best", "format=json", "output=designs"]) == 0
    (file,) = Path("designs").iterdir()
    design = json.loads(file.read_text())
    springs = design["body"]["springs"]
    design["body"]["springs"] = [springs[0]] * len(springs)
    file.write_text(json.dumps(design))
    assert main(["train", *TINY, f"designs=[{file}]"]) == 2
    assert f"joined by springs in {file}; got " in capsys.readouterr().err


def test_a_given_body_that_cannot_be_simulated_is_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", f"run={finished}", "design=best", "format=json", "output=designs"]) == 0
    (path,) = Path("designs").iterdir()
    design = json.loads(path.read_text())
    design["body"]["springs"][2] = [1, 1]
    path.write_text(json.dumps(design))
    capsys.readouterr()
    assert main(["train", *TINY, f"designs={path}"]) == 2
    said = capsys.readouterr().err
    assert f"got spring 2 from mass 1 to itself in {path}" in said
    assert len(said.splitlines()) == 1


def test_a_summary_of_the_best_is_refused_with_what_writes_designs(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *TINY, f"designs={finished / 'best.json'}"]) == 2
    assert "write one with codesign export run=FOLDER format=json" in capsys.readouterr().err


def test_the_documentation_reads_a_file_that_export_writes(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", f"run={finished}", "design=best", "format=json", "output=export"]) == 0
    (file,) = Path("export").iterdir()
    text = (Path(__file__).parents[2] / "docs" / "json-format.md").read_text()
    example = text.partition("```python\n")[2].partition("```")[0]
    named = re.search(r'"(export/g\d{3}-i\d{4}\.json)"', example)
    assert named
    capsys.readouterr()
    exec(example.replace(named[1], str(file)), {})
    assert re.fullmatch(rf"{file.stem} moved -?\d+\.\d\d m\n", capsys.readouterr().out)


def test_given_bodies_learn_in_batches_with_the_same_numbers(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["export", f"run={finished}", "design=top3", "format=json", "output=designs"]) == 0
    files = ",".join(sorted(str(path) for path in Path("designs").iterdir()))
    assert main(["train", *TINY, f"designs=[{files}]"]) == 0
    together = rows()
    monkeypatch.setattr("codesign.evaluate.evaluation.batches", lambda *_: [slice(0, 2), slice(2, 3)])
    assert main(["train", *TINY, f"designs=[{files}]"]) == 0
    assert rows() == together
    assert len(together) == 3


def test_a_design_learns_the_same_curve_as_in_its_run(finished: Path) -> None:
    """Designs of generation 0 have the controllers that a training of as many random designs starts with."""
    words = ["debug=tiny", "evaluator=local"]
    assert main(["export", f"run={finished}", "generation=0", "format=json", "output=designs"]) == 0
    recorded = {
        path["design"]: path["learning_curve"]
        for path in (json.loads(file.read_text()) for file in Path("designs").iterdir())
    }
    assert main(["train", *words, "hydra.run.dir=out"]) == 0
    for row in rows():
        name = f"g000-i{int(row['design'].removeprefix('random-')):04d}"
        assert row["curve"] == pytest.approx(recorded[name])


@pytest.fixture
def drawn(here: Path) -> tuple[str, str]:
    """Return files of a design in 2D and of one in 3D."""
    EXPORTERS["json"].write(strips.gallery(recordings=(strips.recording(),)), here / "plane.json")
    EXPORTERS["json"].write(strips.gallery(recordings=(cubes.recording(frames=5),)), here / "space.json")
    return "plane.json", "space.json"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["designs=[space.json,plane.json]"], "designs in 3 dimensions, as space.json; got plane.json in 2;"),
        (["designs=[plane.json,space.json]"], "designs in 2 dimensions, as plane.json; got space.json in 3;"),
        (["designs=space.json", "terrain=segments"], "terrain=segments"),
        (["designs=space.json", "body=triangle"], "a body of 3 dimensions, as the designs are; got one of 2"),
        (["designs=plane.json", "body=voxel"], "a body of 2 dimensions, as the designs are; got one of 3"),
        (["designs=space.json", "body.lattice.side=0.2"], "body.lattice.side and designs"),
        (
            ["designs=space.json", "conditions.push_speed=0.1"],
            "a lattice of 3 dimensions, as those of the bodies; got 2",
        ),
    ],
)
@pytest.mark.usefixtures("drawn")
def test_designs_of_other_dimensions_are_refused_before_anything_is_told(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *TINY, "controller=cpg", *words]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""
    assert not Path("out").exists()
